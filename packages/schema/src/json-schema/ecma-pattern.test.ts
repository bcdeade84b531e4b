import { expect, test } from "vitest";
import { ecmaPattern, escaped } from "./ecma-pattern.ts";

test.each([
  ["^[a-z0-9-]{3,32}$", "^[a-z0-9-]{3,32}$"],
  ["\\Aa(?s:.)b\\z", "^a[\\s\\S]b$"],
  ["(?P<year>\\d{4})\\u{2f}\\x{41}", "(?<year>\\d{4})\\/A"],
  ["a\\-b\\@c[\\-\\.\\]]", "a-b@c[\\-.\\]]"],
])("%s is %s in ECMA-262", (rust, ecma) => {
  expect(ecmaPattern(rust)).toBe(ecma);
});

test.each(["(?i)a", "[[:alpha:]]", "[a&&b]", "[a--b]", "("])("%s has no counterpart", (rust) => {
  expect(ecmaPattern(rust)).toBeNull();
});

test("an escaped text matches itself alone", () => {
  const text = "a/b.c\n(x)";
  expect(new RegExp(`^${escaped(text)}$`, "u").test(text)).toBe(true);
  expect(new RegExp(`^${escaped(text)}$`, "u").test("a/bxc\n(x)")).toBe(false);
});
