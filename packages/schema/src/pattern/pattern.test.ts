import fc from "fast-check";
import { expect, test } from "vitest";
import { literalPattern, toRustPattern } from "./pattern.ts";
import { compileRustPattern } from "./rust-pattern.ts";

test.each([
  ["^a+$", "^a+$"],
  ["\\d{3}", "[0-9]{3}"],
  ["[\\w.-]+", "[0-9A-Za-z_\\.\\-]+"],
  ["\\W*", "[^0-9A-Za-z_]*"],
  ["a/b\\/c", "a/b/c"],
  ["[a&&b]", "[a\\&\\&b]"],
  ["[[]", "[\\[]"],
  ["\\u00e9\\x41", "\\u{e9}A"],
  ["(?:x|y)?", "(?:x|y)?"],
  ["(?<year>\\d)", "(?:[0-9])"],
  ["]", "\\]"],
  ["^[^@]+@[^@]+$", "^[^@]+@[^@]+$"],
  ["[^]*", "(?s:.)*"],
])("%s becomes %s", (source, pattern) => {
  expect(toRustPattern(source)).toEqual({ pattern, exact: true });
});

test.each([
  "(?=a)",
  "(?!a)",
  "(?<=a)",
  "(?<!a)",
  "(a)\\1",
  "\\k<n>",
  "\\p{L}",
  "[\\S]",
  "a{,3}",
  "{",
  "\\ud83d",
  "\\Ba",
])("%s cannot be had in linear time, or not with the same meaning", (source) => {
  expect(toRustPattern(source)).toBeUndefined();
});

test.each(["^.$", "^..$", "^.{3}$", "^.+.+$", "^(?:.a?)+$", "^[😀]$", "😀+", "^[^a]+b?[^c]+$"])(
  "%s could tell the halves of a surrogate pair apart",
  (source) => {
    expect(toRustPattern(source)).toBeUndefined();
  },
);

test("with the unicode flag characters are whole", () => {
  expect(toRustPattern("^[^a]{2}.$", "u")).toEqual({
    pattern: "^[^a]{2}[^\\n\\r\\u{2028}\\u{2029}]$",
    exact: true,
  });
});

test("ignoring case folds ASCII alone, as JavaScript does without the unicode flag", () => {
  expect(toRustPattern("^k[a-f_]$", "i")).toEqual({ pattern: "^[kK][a-fA-F_]$", exact: true });
  expect(toRustPattern("é", "i")).toBeUndefined();
  expect(toRustPattern("k", "iu")).toEqual({ pattern: "(?i)k", exact: false });
  expect(toRustPattern("\\bk", "iu")).toBeUndefined();
});

test("lines end at different characters, so anchors of lines are left out", () => {
  expect(toRustPattern("^a$", "m")).toBeUndefined();
  expect(toRustPattern("a", "m")).toEqual({ pattern: "a", exact: true });
});

test("global and unicode flags change nothing that is matched, and sticky does", () => {
  expect(toRustPattern("a", "gu")).toEqual({ pattern: "a", exact: true });
  expect(toRustPattern("a", "y")).toBeUndefined();
});

test("a literal pattern finds its text and no other", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (text, other) => {
      const finds = compileRustPattern(literalPattern(text))!;
      expect(finds(`${other}${text}`)).toBe(true);
      expect(finds(other)).toBe(other.includes(text));
    }),
  );
});

test("a translated pattern, read back, accepts what the original accepts", () => {
  const atom = fc.constantFrom(
    "a",
    "b",
    "K",
    "1",
    "-",
    ".",
    "\\d",
    "\\w",
    "\\s",
    "\\W",
    "[a-c]",
    "[^a]",
    "[\\w-]",
    "[B-b1]",
    "\\.",
    "é",
  );
  const term = fc
    .tuple(atom, fc.constantFrom("", "", "*", "+", "?", "{2}", "{0,}"))
    .map((parts) => parts.join(""));
  const group = fc.tuple(fc.array(term, { minLength: 1, maxLength: 3 }), fc.constantFrom("(?:", "("));
  const part = fc.oneof(
    term,
    fc.tuple(group, group, fc.constantFrom("", "?", "*", "{2}")).map(([[a, open], [b], repeat]) => {
      return `${open}${a.join("")}|${b.join("")})${repeat}`;
    }),
  );
  const source = fc
    .tuple(fc.boolean(), fc.array(part, { minLength: 1, maxLength: 4 }))
    .map(([anchored, parts]) => {
      return anchored ? `^${parts.join("")}$` : parts.join("");
    });
  const text = fc
    .array(fc.constantFrom(..."abcABCkK1-. \n\u2028é", "😀", "\u212a", "ß"), { maxLength: 8 })
    .map((chars) => chars.join(""));
  fc.assert(
    fc.property(
      source,
      fc.constantFrom("", "i", "u", "s"),
      fc.array(text, { maxLength: 8 }),
      (pattern, flags, texts) => {
        const translated = toRustPattern(pattern, flags);
        const accepts = translated && compileRustPattern(translated.pattern);
        if (!accepts) return;
        for (const one of texts) {
          const original = new RegExp(pattern, flags).test(one);
          const found = accepts(one);
          // Wider than the original is allowed only where it says so.
          const expected = translated.exact ? original : original || found;
          expect({ pattern, flags, one, found }).toEqual({ pattern, flags, one, found: expected });
        }
      },
    ),
    { numRuns: 3_000 },
  );
});
