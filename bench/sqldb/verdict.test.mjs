import { expect, test } from "vitest";
import { showHeldTargets } from "../harness/held-target.mjs";
import { judgeDirect, judgeRows, judgeStream } from "./verdict.mjs";

/**
 * @param {number} javascriptMicros
 * @param {number} queriesPerSecond
 * @param {number} [delayP99Ms]
 */
function direct(javascriptMicros, queriesPerSecond, delayP99Ms = 1) {
  return { javascriptMicros, queriesPerSecond, delayP99Ms, cpuMicros: 50, memoryGrowthMib: 1 };
}

const measurements = new Map([
  ["twinloop", [direct(10, 300), direct(20, 150)]],
  ["pg", [direct(50, 100), direct(100, 50)]],
  ["postgres", [direct(40, 120), direct(80, 60)]],
]);

test("compares with the peer that is better in each figure, within each round", () => {
  const [javascript, rate] = judgeDirect({ workload: "20x6", measurements });
  expect(javascript).toMatchObject({ measured: 0.25, met: true });
  expect(rate).toMatchObject({ measured: 2.5, met: true });
});

test("judges the delay where every client has the same work", () => {
  const paced = judgeDirect({ workload: "20x6 paced", measurements });
  expect(paced).toHaveLength(1);
  expect(paced[0]).toMatchObject({ measured: 1, met: false });
});

test("judges nothing that was not measured", () => {
  expect(judgeDirect({ workload: "20x6", measurements: new Map() }).every(({ met }) => met === null)).toBe(
    true,
  );
  expect(judgeRows({ workload: "rows", measurements: new Map() }).every(({ met }) => met === null)).toBe(
    true,
  );
});

test("shows each target with its unit", () => {
  const table = showHeldTargets(judgeStream({ ...direct(1, 1), memoryGrowthMib: 65 }));
  expect(table).toMatch(/at most 64\.0 MiB \| 65\.0 MiB \| MISSED/);
});
