import { expect, test } from "vitest";
import { defaultBufferedBytes } from "./buffered-bytes.ts";

test.each([
  [512 << 20, 8 * 2 ** 30, 64 << 20],
  [0, 8 * 2 ** 30, 2 ** 30],
  [2 ** 63, 8 * 2 ** 30, 2 ** 30],
  [1 << 10, 8 * 2 ** 30, 64 << 10],
])("with a limit of %d bytes and %d of memory it is %d", (container, physical, expected) => {
  expect(defaultBufferedBytes(container, physical)).toBe(expected);
});
