import { expect, test } from "vitest";
import { showFigures, summarise } from "./figures.mjs";
import { judge, showVerdicts } from "./verdict.mjs";

/**
 * @param {number} cpuMicros
 * @param {number} [javascriptMicros]
 * @returns {import("./measure.mjs").Measurement}
 */
function measured(cpuMicros, javascriptMicros = 0) {
  return {
    requestsPerSecond: 1e6 / cpuMicros,
    p50Ms: 1,
    p99Ms: 2,
    cpuMicros,
    javascriptMicros,
    peakMemoryMib: 50,
    serverCores: 1,
    loadCores: 0.5,
    otherCores: 0,
    idleKib: null,
    startMs: 100,
  };
}

const hello = {
  workload: "hello",
  measurements: new Map([
    ["hyper", [measured(8), measured(16)]],
    ["twinloop", [measured(10, 1.2), measured(20, 2)]],
    ["express", [measured(100), measured(200)]],
  ]),
};

/** @param {string} claim */
function verdictOn(claim) {
  return judge([hello]).find((verdict) => verdict.workload === "hello" && verdict.claim === claim);
}

test("holds the cost over bare Hyper to its bound", () => {
  expect(verdictOn("CPU beside hyper")).toMatchObject({ measured: 1.25, met: false, limit: null });
});

test("misses a target when too little more is served than by a peer", () => {
  expect(verdictOn("requests/s beside express")).toMatchObject({ measured: 10, met: false });
});

test("says what bare Hyper reaches, so that a target beyond it is seen to be that", () => {
  expect(verdictOn("requests/s beside express")).toMatchObject({ limit: 12.5 });
  expect(showVerdicts(judge([hello]))).toMatch(/requests\/s beside express .* 10\.0x \| +12\.5x \| MISSED/);
});

test("judges the JavaScript thread by its own time", () => {
  expect(verdictOn("JS thread")).toMatchObject({ measured: 1.6, met: false });
});

test("judges nothing that was not measured", () => {
  expect(verdictOn("requests/s beside elysia")).toMatchObject({ measured: null, met: null });
  expect(judge([]).every(({ met }) => met === null)).toBe(true);
  expect(showVerdicts(judge([]))).toContain("not measured");
});

test("sums up each server with its ratios to bare Hyper and to Express", () => {
  const [limit, subject] = summarise(hello);
  expect(limit).toMatchObject({ server: "hyper", cpuMicros: 12, timesHyper: 1, lessThanBaseline: 12.5 });
  expect(subject).toMatchObject({
    server: "twinloop",
    cpuMicros: 15,
    timesHyper: 1.25,
    lessThanBaseline: 10,
  });
  expect(showFigures(summarise(hello)).split("\n")).toHaveLength(5);
});
