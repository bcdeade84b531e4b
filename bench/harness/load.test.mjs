import { expect, test } from "vitest";
import { unexpected } from "./load.mjs";

const clean = { requests: 10, statuses: { 200: 10 }, errors: 0, firstError: null };

test("is content with a run whose every answer was right", () => {
  expect(unexpected(clean, 200)).toBeUndefined();
});

test("says which answers were wrong", () => {
  const statuses = { 200: 8, 500: 2 };
  expect(unexpected({ ...clean, statuses }, 200)).toBe("it answered 2 times 500, not 200");
  expect(unexpected({ ...clean, requests: 0, statuses: {} }, 200)).toBe("it answered nothing");
  expect(unexpected({ ...clean, errors: 3, firstError: "of a reset" }, 200)).toBe(
    "3 of its answers failed, the first one because of a reset",
  );
});
