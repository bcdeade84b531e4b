import fc from "fast-check";
import { expect, test } from "vitest";
import { bucketsSince, mergeBuckets, quantile } from "./histogram.ts";

const BOUNDS = [0.1, 0.5, 1];

test("a quantile is found within its bucket", () => {
  expect(quantile(BOUNDS, [10, 0, 0, 0], 0.5)).toBeCloseTo(0.05);
  expect(quantile(BOUNDS, [50, 50, 0, 0], 0.75)).toBeCloseTo(0.3);
  expect(quantile(BOUNDS, [0, 0, 4, 0], 0.5)).toBeCloseTo(0.75);
});

test("beyond the last bound the bound is told, and nothing without measurements", () => {
  expect(quantile(BOUNDS, [0, 0, 0, 3], 0.99)).toBe(1);
  expect(quantile(BOUNDS, [0, 0, 0, 0], 0.5)).toBeNull();
  expect(quantile([], [4], 0.5)).toBeNull();
});

test("quantiles rise with q and stay within the bounds", () => {
  const counts = fc
    .array(fc.nat(50), { minLength: 4, maxLength: 4 })
    .filter((all) => all.some((count) => count > 0));
  fc.assert(
    fc.property(
      counts,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (all, a, b) => {
        const [low, high] = [
          quantile(BOUNDS, all, Math.min(a, b)) ?? 0,
          quantile(BOUNDS, all, Math.max(a, b)) ?? 0,
        ];
        return low <= high + 1e-12 && low >= 0 && high <= 1;
      },
    ),
  );
});

test("series are added up, and readings subtracted unless the app has restarted", () => {
  const points = [
    { labels: {}, value: 1, buckets: [1, 2] },
    { labels: {}, value: 1, buckets: [3, 4] },
  ];
  expect(mergeBuckets(points)).toEqual([4, 6]);
  expect(bucketsSince([1, 2], [3, 2])).toEqual([2, 0]);
  expect(bucketsSince([5, 2], [3, 2])).toEqual([3, 2]);
  expect(bucketsSince([], [3, 2])).toEqual([3, 2]);
});
