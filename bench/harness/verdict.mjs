import { cpuRatio, LIMIT } from "./figures.mjs";
import { median, valuesOf } from "./statistics.mjs";
import { layOutTable, showNumber } from "./table.mjs";

const SUBJECT = "twinloop";

/**
 * What Twinloop is held to in one workload: CPU of the whole process at most `timesOver` that of another server,
 * or at least `timesLess` below it, or at most `javascriptMicros` on the JavaScript thread.
 *
 * @typedef {{ workload: string, over: string, timesOver: number }
 *   | { workload: string, below: string, timesLess: number }
 *   | { workload: string, javascriptMicros: number }} Target
 */

/** @type {readonly Target[]} */
export const targets = [
  { workload: "hello", over: "hyper", timesOver: 1.5 },
  { workload: "schema", over: "hyper", timesOver: 1.8 },
  { workload: "reject", over: "hyper", timesOver: 1.3 },
  ...["hello", "schema"].flatMap((workload) => [
    { workload, below: "express", timesLess: 14 },
    { workload, below: "fastify", timesLess: 3.5 },
    { workload, below: "node-http", timesLess: 2.5 },
  ]),
  { workload: "hello", javascriptMicros: 2 },
  { workload: "schema", javascriptMicros: 3.5 },
  // Not exactly zero: the thread wakes now and then on its own, with no request as the cause.
  { workload: "reject", javascriptMicros: 0.1 },
];

/**
 * A target and what was measured; `met` is null where a server or a workload was left out. `limit` is what bare
 * Hyper itself reaches: on a machine where that is less than the target, no server on Hyper can meet it.
 *
 * @typedef {object} Verdict
 * @property {string} workload
 * @property {string} claim
 * @property {string} wanted
 * @property {number | null} measured
 * @property {number | null} limit null where the claim is not one of a distance to a peer
 * @property {boolean | null} met
 */

/**
 * Holds the measurements to the targets.
 *
 * @param {readonly import("./rounds.mjs").WorkloadRounds[]} results
 * @returns {Verdict[]}
 */
export function judge(results) {
  return targets.map((target) => {
    const { workload } = target;
    const rounds = results.find((result) => result.workload === workload) ?? notMeasured(workload);
    if ("over" in target) {
      const measured = cpuRatio(rounds, SUBJECT, target.over);
      const wanted = `at most ${showNumber(target.timesOver, "x")}`;
      const met = measured === null ? null : measured <= target.timesOver;
      return { workload, claim: `CPU over ${target.over}`, wanted, measured, limit: null, met };
    }
    if ("below" in target) {
      const measured = cpuRatio(rounds, target.below, SUBJECT);
      const limit = cpuRatio(rounds, target.below, LIMIT);
      const wanted = `at least ${showNumber(target.timesLess, "x")}`;
      const met = measured === null ? null : measured >= target.timesLess;
      return { workload, claim: `CPU below ${target.below}`, wanted, measured, limit, met };
    }
    const measured = median(valuesOf(rounds.measurements.get(SUBJECT) ?? [], "javascriptMicros"));
    const wanted = `at most ${showNumber(target.javascriptMicros, " µs")}`;
    const met = measured === null ? null : measured <= target.javascriptMicros;
    return { workload, claim: "JS thread", wanted, measured, limit: null, met };
  });
}

/** @param {string} workload @returns {import("./rounds.mjs").WorkloadRounds} */
function notMeasured(workload) {
  return { workload, measurements: new Map() };
}

/**
 * The table of the targets.
 *
 * @param {readonly Verdict[]} verdicts
 * @returns {string}
 */
export function showVerdicts(verdicts) {
  return layOutTable(
    [
      { title: "workload", align: "left" },
      { title: "claim", align: "left" },
      { title: "target" },
      { title: "measured" },
      { title: "bare Hyper" },
      { title: "verdict", align: "left" },
    ],
    verdicts.map(({ workload, claim, wanted, measured, limit, met }) => [
      workload,
      claim,
      wanted,
      showNumber(measured, claim === "JS thread" ? " µs" : "x"),
      limit === null ? "" : showNumber(limit, "x"),
      met === null ? "not measured" : met ? "met" : "MISSED",
    ]),
  );
}
