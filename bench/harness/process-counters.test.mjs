import { expect, test } from "vitest";
import { parseBusySeconds, timeBetween, totalOf } from "./process-counters.mjs";

test("counts a new thread in full and leaves out one that ended", () => {
  const before = new Map([
    [1, 100],
    [2, 50],
  ]);
  const after = new Map([
    [1, 400],
    [3, 20],
  ]);
  const spent = timeBetween(before, after);
  expect([...spent]).toEqual([
    [1, 300],
    [3, 20],
  ]);
  expect(totalOf(spent)).toBe(320);
});

test("adds up the machine's busy time without idling and waiting", () => {
  expect(parseBusySeconds("cpu  100 20 30 9000 500 1 2 3 0 0\ncpu0 1 2 3\n")).toBe(1.56);
  expect(parseBusySeconds("")).toBeUndefined();
});
