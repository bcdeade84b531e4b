import { hold } from "../harness/held-target.mjs";
import { median } from "../harness/statistics.mjs";
import { layOutTable, showNumber } from "../harness/table.mjs";

/**
 * A server after so many requests. `series`: how many time series its metrics have; null where they are not served.
 *
 * @typedef {{ requests: number, seconds: number, memoryMib: number, cpuMicros: number | null, series: number | null }} Sample
 */

/** Rows of the table, whatever the number of samples. */
const ROWS = 16;
/** Below it, growth is that of a start: V8's heap has not reached its size, nor have buffers. */
const LEAST_REQUESTS = 2_000_000;
const LEAST_SAMPLES = 8;
/** What the memory may grow from the third quarter to the fourth. */
const GROWTH_MIB = 8;

/**
 * How much more memory the server has in the last quarter of a run than in the third, by medians.
 *
 * @param {readonly Sample[]} samples in the order of the run
 * @returns {number | null} MiB; null where the run was too short to tell
 */
export function lateGrowth(samples) {
  const requests = samples.at(-1)?.requests ?? 0;
  if (samples.length < LEAST_SAMPLES || requests < LEAST_REQUESTS) return null;
  const quarter = (/** @type {number} */ number) => {
    const [from, to] = [((number - 1) * requests) / 4, (number * requests) / 4];
    const within = samples.filter((sample) => sample.requests > from && sample.requests <= to);
    return median(within.map(({ memoryMib }) => memoryMib));
  };
  const [third, fourth] = [quarter(3), quarter(4)];
  return third === null || fourth === null ? null : fourth - third;
}

/**
 * Holds the memory of a run to being flat.
 *
 * @param {readonly Sample[]} samples
 * @returns {import("../harness/held-target.mjs").HeldTarget}
 */
export function judgeMemory(samples) {
  const claim = "memory, last quarter over the third";
  return hold({ workload: "soak", claim, target: GROWTH_MIB, unit: " MiB", measured: lateGrowth(samples) });
}

/**
 * The table of a run: at most 16 samples, evenly spread, the last one always.
 *
 * @param {readonly Sample[]} samples
 * @returns {string}
 */
export function showSamples(samples) {
  const step = Math.max(1, samples.length / ROWS);
  const shown = samples.filter(
    (_, index) => index === samples.length - 1 || Math.floor(index / step) !== Math.floor((index - 1) / step),
  );
  const most = Math.max(...samples.map(({ memoryMib }) => memoryMib));
  return layOutTable(
    [
      { title: "requests" },
      { title: "seconds" },
      { title: "RSS MiB" },
      { title: "", align: "left" },
      { title: "CPU µs" },
      { title: "series" },
    ],
    shown.map(({ requests, seconds, memoryMib, cpuMicros, series }) => [
      requests.toLocaleString("en"),
      showNumber(seconds),
      showNumber(memoryMib),
      "#".repeat(Math.round((memoryMib / most) * 30)),
      showNumber(cpuMicros),
      series === null ? "-" : String(series),
    ]),
  );
}
