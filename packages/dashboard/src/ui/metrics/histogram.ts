import type { MetricPoint } from "../../contract.ts";

/** The counts of a histogram's buckets, not added up; one more than there are bounds. */
export type BucketCounts = readonly number[];

/** Adds the buckets of several series of one histogram up. */
export function mergeBuckets(points: readonly MetricPoint[]): number[] {
  const merged: number[] = [];
  for (const { buckets = [] } of points)
    for (const [index, count] of buckets.entries()) merged[index] = (merged[index] ?? 0) + count;
  return merged;
}

/** What was measured between two readings. After a restart, when counts fall, all of the later reading is new. */
export function bucketsSince(before: BucketCounts, now: BucketCounts): number[] {
  const hasRestarted = now.some((count, index) => count < (before[index] ?? 0));
  return now.map((count, index) => (hasRestarted ? count : count - (before[index] ?? 0)));
}

/**
 * Estimates a quantile from buckets, linearly within the bucket where it falls, as Prometheus' `histogram_quantile` does.
 *
 * Shape:  bounds in rising order, counts of buckets, `q` from 0 to 1 -> a value in the unit of the bounds.
 * Limits: `null` without measurements; what falls into the last bucket is the highest bound, for more is not known.
 */
export function quantile(bounds: readonly number[], counts: BucketCounts, q: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total <= 0) return null;
  const rank = q * total;
  let below = 0;
  for (const [index, count] of counts.entries()) {
    const upper = bounds[index];
    if (upper === undefined) break;
    if (count > 0 && below + count >= rank) {
      const lower = index === 0 ? Math.min(0, upper) : (bounds[index - 1] ?? 0);
      return lower + (upper - lower) * Math.max(0, (rank - below) / count);
    }
    below += count;
  }
  return bounds.at(-1) ?? null;
}
