import fc from "fast-check";
import { expect, test } from "vitest";
import { backoff } from "./backoff.ts";

test("pauses are spread from nothing to a ceiling that doubles until the maximum", () => {
  const bounds = { minMs: 100, maxMs: 2_000 };
  for (const [failures, ceiling] of [
    [1, 100],
    [2, 200],
    [5, 1_600],
    [6, 2_000],
    [5_000, 2_000],
  ] as const) {
    const pauses = Array.from({ length: 500 }, () => backoff(bounds, failures));
    expect(Math.max(...pauses)).toBeLessThanOrEqual(ceiling);
    expect(Math.max(...pauses)).toBeGreaterThan(ceiling * 0.75);
    expect(Math.min(...pauses)).toBeLessThan(ceiling * 0.25);
  }
});

test("a pause is never negative and never longer than the maximum", () => {
  const numbers = fc.tuple(fc.nat(), fc.nat(), fc.nat());
  fc.assert(
    fc.property(numbers, ([minMs, maxMs, failures]) => {
      const pause = backoff({ minMs, maxMs }, failures);
      expect(pause).toBeGreaterThanOrEqual(0);
      expect(pause).toBeLessThanOrEqual(maxMs);
    }),
  );
});
