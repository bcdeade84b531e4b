import { expect, test } from "vitest";
import { toRustPattern } from "./pattern.ts";

test.each([
  ["^a+$", "^a+$"],
  ["\\d{3}", "[0-9]{3}"],
  ["[\\w.-]+", "[0-9A-Za-z_.-]+"],
  ["\\W", "[^0-9A-Za-z_]"],
  ["a/b\\/c", "a/b\\/c"],
  ["[a&&b]", "[a\\&\\&b]"],
  ["[[]", "[\\[]"],
  ["\\u00e9\\x41", "\\u{00e9}\\u{41}"],
  ["(?:x|y)?", "(?:x|y)?"],
  ["(?<year>\\d)", "(?<year>[0-9])"],
  ["]", "\\]"],
])("%s becomes %s", (source, pattern) => {
  expect(toRustPattern(source)).toEqual({ pattern, exact: true });
});

test.each(["(?=a)", "(?!a)", "(?<=a)", "(?<!a)", "(a)\\1", "\\k<n>", "\\p{L}", "[\\S]", "a{,3}", "{", "\\ud83d"])(
  "%s cannot be had in linear time, or not with the same meaning",
  (source) => {
    expect(toRustPattern(source)).toBeUndefined();
  },
);

test("folding case makes the result wider than JavaScript's", () => {
  expect(toRustPattern("k", "i")).toEqual({ pattern: "(?i)k", exact: false });
});

test("global and unicode flags change nothing that is matched", () => {
  expect(toRustPattern("a", "gu")).toEqual({ pattern: "a", exact: true });
});
