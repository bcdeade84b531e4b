import { expect, test } from "vitest";
import { median, pairedRatio, spread, valuesOf } from "./statistics.mjs";

test("the median is the middle value, or the mean of the two in the middle", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([10, 2, 4, 100])).toBe(7);
  expect(median([])).toBeNull();
});

test("leaves the order of its input alone", () => {
  const values = [3, 1, 2];
  median(values);
  expect(values).toEqual([3, 1, 2]);
});

test("the spread is the range over the median", () => {
  expect(spread([8, 10, 12])).toBe(0.4);
  expect(spread([7])).toBe(0);
  expect(spread([])).toBeNull();
  expect(spread([0, 0])).toBeNull();
});

test("a ratio is taken within each round, so that a slow round does not bend it", () => {
  expect(pairedRatio([10, 30, 10], [5, 15, 5])).toBe(2);
  expect(pairedRatio([10, null, 30], [5, 5, 10])).toBe(2.5);
  expect(pairedRatio([1], [0])).toBeNull();
  expect(pairedRatio([1, 2], [])).toBeNull();
});

test("figures that the system did not give are left out", () => {
  expect(valuesOf([{ cpuMicros: 1 }, { cpuMicros: null }, { cpuMicros: 3 }], "cpuMicros")).toEqual([1, 3]);
});
