import { expect, test } from "vitest";
import { judgeMemory, lateGrowth, showSamples } from "./samples.mjs";

/** @param {number} count @param {(share: number) => number} memory MiB by the share of the run @param {number} [requests] */
function run(count, memory, requests = 10_000_000) {
  return Array.from({ length: count }, (_, index) => {
    const share = (index + 1) / count;
    const sample = { requests: requests * share, seconds: share, memoryMib: memory(share) };
    return { ...sample, cpuMicros: null, series: null };
  });
}

test("a memory that grows at the start alone is flat", () => {
  const warming = run(40, (share) => Math.min(120, 80 + share * 400));
  expect(lateGrowth(warming)).toBe(0);
  expect(judgeMemory(warming)).toMatchObject({ met: true, measured: 0 });
});

test("a memory that swings and comes back is flat", () => {
  const swinging = run(40, (share) => 100 + 5 * Math.sin(share * 200));
  expect(Math.abs(lateGrowth(swinging) ?? Number.NaN)).toBeLessThan(4);
});

test("a leak is found, and its size told", () => {
  const leaking = run(40, (share) => 80 + share * 100);
  expect(lateGrowth(leaking)).toBeCloseTo(25, 0);
  expect(judgeMemory(leaking)).toMatchObject({ met: false });
});

test("a run that is too short says nothing", () => {
  expect(lateGrowth(run(40, () => 80, 200_000))).toBeNull();
  expect(lateGrowth(run(4, () => 80))).toBeNull();
  expect(judgeMemory(run(4, () => 80))).toMatchObject({ met: null });
});

test("shows a few samples of many, the last among them", () => {
  const lines = showSamples(run(100, (share) => 100 * share)).split("\n");
  expect(lines.length).toBeLessThan(20);
  expect(lines.at(-1)).toContain("10,000,000");
  expect(lines.at(-1)).toContain("#".repeat(30));
});
