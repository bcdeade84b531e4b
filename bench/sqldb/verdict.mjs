import { cpuRatio } from "../harness/figures.mjs";
import { median, pairedRatio, valuesOf } from "../harness/statistics.mjs";
import { hold as holdClaim } from "../harness/held-target.mjs";
import { PACED_WORKLOAD } from "./direct.mjs";

const SUBJECT = "twinloop";
const UNOPENED = "twinloop-unopened";

/** @typedef {import("../harness/held-target.mjs").HeldTarget} Verdict */

/**
 * @param {string} workload @param {string} claim @param {number} target @param {string} unit
 * @param {number | null} measured @param {boolean} [least]
 */
const hold = (workload, claim, target, unit, measured, least = false) =>
  holdClaim({ workload, claim, target, unit, measured, least });

/**
 * Holds the rows over HTTP to their targets: ratios, which a slow machine does not bend, and microseconds, which it does.
 *
 * @param {import("../harness/rounds.mjs").WorkloadRounds} rounds
 * @returns {Verdict[]}
 */
export function judgeRows(rounds) {
  const own = rounds.measurements.get(SUBJECT) ?? [];
  const unopened = rounds.measurements.get(UNOPENED) ?? [];
  const javascript = median(valuesOf(own, "javascriptMicros"));
  return [
    hold("rows", "CPU over hyper", 1.3, "x", cpuRatio(rounds, SUBJECT, "hyper")),
    hold("rows", "CPU over bun-sql", 1, "x", cpuRatio(rounds, SUBJECT, "bun-sql")),
    hold("rows", "CPU", 75, " µs", median(valuesOf(own, "cpuMicros"))),
    hold("rows", "JS thread", 20, " µs", javascript),
    hold("rows", "JS thread, the aim", 12, " µs", javascript),
    hold("rows", "CPU over hyper, rows unopened", 1.2, "x", cpuRatio(rounds, UNOPENED, "hyper")),
    hold("rows", "CPU over bun-sql, rows unopened", 0.75, "x", cpuRatio(rounds, UNOPENED, "bun-sql")),
    hold("rows", "JS thread, rows unopened", 8, " µs", median(valuesOf(unopened, "javascriptMicros"))),
  ];
}

/**
 * Holds direct queries to their targets, each beside the better of the peers.
 *
 * @param {import("./direct.mjs").DirectRounds} rounds
 * @returns {Verdict[]}
 */
export function judgeDirect({ workload, measurements }) {
  /** @param {"javascriptMicros" | "delayP99Ms" | "queriesPerSecond"} figure @param {boolean} [most] */
  const beside = (figure, most = false) => {
    const values = (/** @type {string} */ name) => (measurements.get(name) ?? []).map((each) => each[figure]);
    const ratios = [...measurements.keys()]
      .filter((name) => name !== SUBJECT)
      .map((name) => pairedRatio(values(SUBJECT), values(name)))
      .filter((ratio) => ratio !== null);
    if (ratios.length === 0) return null;
    return most ? Math.min(...ratios) : Math.max(...ratios);
  };
  if (workload === PACED_WORKLOAD) {
    return [hold(workload, "loop delay p99 of the better peer", 0.5, "x", beside("delayP99Ms"))];
  }
  return [
    hold(workload, "JS thread of the better peer", 0.5, "x", beside("javascriptMicros")),
    hold(workload, "queries/s of the better peer", 1.5, "x", beside("queriesPerSecond", true), true),
  ];
}

/**
 * Holds the streamed million rows to its target.
 *
 * @param {import("./direct.mjs").DirectMeasurement} measured
 * @returns {Verdict[]}
 */
export function judgeStream({ memoryGrowthMib }) {
  return [hold("stream", "memory growth, 1,000,000 rows", 64, " MiB", memoryGrowthMib)];
}
