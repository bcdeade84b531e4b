import { expect, test } from "vitest";
import { checkPrice, priceOf, showPaper } from "./figures.mjs";

/** @param {Partial<import("../harness/measure.mjs").Measurement>} figures */
const measured = (figures) => ({
  requestsPerSecond: 100_000,
  p50Ms: 1,
  p99Ms: 1,
  cpuMicros: 10,
  javascriptMicros: 2,
  peakMemoryMib: null,
  serverCores: 1,
  loadCores: 0.5,
  otherCores: 0,
  idleKib: null,
  startMs: 1,
  ...figures,
});

test("splits the processor time of a request between the threads", () => {
  expect(priceOf([measured({})])).toEqual({ javascriptMicros: 2, ioMicros: 8 });
  expect(priceOf([measured({ cpuMicros: null })])).toBeNull();
});

test("predicts from the price, and gives the load and other programs their share", () => {
  const price = { javascriptMicros: 2, ioMicros: 8 };
  const check = checkPrice("hello", price, 1, 2, [measured({ otherCores: 0.5 })]);
  expect(check).toEqual({
    workload: "hello",
    ioThreads: 1,
    predicted: 100_000,
    bound: "cores",
    measured: 100_000,
  });
});

test("shows what more cores bring, and peers as one process and as many", () => {
  const table = showPaper({ javascriptMicros: 2, ioMicros: 8 }, [{ name: "express", cpuMicros: 200 }]);
  expect(table).toMatch(/twinloop, one isolate +\| +100,000 \| +125,000 \| +375,000 \| +500,000 \| +500,000/);
  expect(table).toMatch(/express, a process a core +\| +5,000 \| +10,000 \| +20,000 \| +40,000 \| +80,000/);
});
