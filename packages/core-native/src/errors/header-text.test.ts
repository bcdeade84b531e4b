import { expect, test } from "vitest";
import { isHeaderName, isHeaderValue } from "./header-text.ts";

test("a name is of the characters of a token", () => {
  expect(["x-a", "ETag", "!#$%&'*+.^_`|~09"].filter(isHeaderName)).toHaveLength(3);
  expect(["", "a b", "a:", ":a", "é", "a\n"].filter(isHeaderName)).toEqual([]);
});

test("a value has no control character but the tab", () => {
  expect(["", "a b", "a\tb", "é"].filter(isHeaderValue)).toHaveLength(4);
  expect(["a\r\nb: c", "\0", "\x7f"].filter(isHeaderValue)).toEqual([]);
});
