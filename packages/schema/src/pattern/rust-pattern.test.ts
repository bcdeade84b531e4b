import fc from "fast-check";
import { expect, test } from "vitest";
import { compileRustPattern } from "./rust-pattern.ts";

test.each([
  ["a", "xay", true],
  ["^a", "xa", false],
  ["a$", "ax", false],
  ["^$", "", true],
  ["^$", "a", false],
  ["^(?:a|bc)*$", "abcbca", true],
  ["^a{2,3}$", "aaaa", false],
  ["^a{2}$", "aa", true],
  ["^a{2,}?$", "aaaaa", true],
  ["^.$", "😀", true],
  ["^.$", "\n", false],
  ["(?s)^.$", "\n", true],
  ["(?i)^straSSe\\u{212a}$", "STRASSEk", true],
  ["^\\d+$", "१२", true],
  ["^\\w+$", "naïve_1", true],
  ["^\\W$", "-", true],
  ["^\\s$", "\u0085", true],
  ["^[^\\s@]+@[^\\s@]+$", "a@b", true],
  ["^[]a]$", "]", true],
  ["^[a\\-z]$", "b", false],
  ["^[a-c-]$", "-", true],
  ["^\\p{Lu}$", "É", true],
  ["^(?P<y>[0-9]{4})-(?<m>\\d\\d)$", "2024-01", true],
  ["\\Aab\\z", "ab", true],
  ["^[a-z0-9]+(?:-[a-z0-9]+)*$", "a-slug-2", true],
  ["^[a-z0-9]+(?:-[a-z0-9]+)*$", "a--slug", false],
])("%s in %j: %s", (pattern, text, expected) => {
  expect(compileRustPattern(pattern)!(text)).toBe(expected);
});

test.each([
  "\\bword",
  "(?m)^a$",
  "[a&&b]",
  "[[:alpha:]]",
  "(?=a)",
  "(a",
  "a)",
  "[",
  "*",
  "(?:a{1000}){1000}",
  "\\p{Nope}",
])("%s is left to Rust's own engine", (pattern) => {
  expect(compileRustPattern(pattern)).toBeUndefined();
});

test("time is linear where a backtracking engine would never end", () => {
  for (const pattern of ["^(a+)+$", "^(a|a)*$", "^(a?){50}a{50}$", "(.*)(.*)(.*)x"]) {
    const finds = compileRustPattern(pattern)!;
    expect(finds(`${"a".repeat(20_000)}!`)).toBe(false);
  }
});

test("forgetting states changes no answer", () => {
  const finds = compileRustPattern("^(?:a|b)*a(?:a|b){12}$")!;
  const same = /^(?:a|b)*a(?:a|b){12}$/;
  fc.assert(
    fc.property(fc.array(fc.constantFrom("a", "b"), { maxLength: 300 }), (letters) => {
      const text = letters.join("");
      expect(finds(text)).toBe(same.test(text));
    }),
  );
});
