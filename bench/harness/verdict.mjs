import { LIMIT } from "./figures.mjs";
import { median, pairedRatio, valuesOf } from "./statistics.mjs";
import { layOutTable, showNumber } from "./table.mjs";

const SUBJECT = "twinloop";

/** @typedef {"cpuMicros" | "requestsPerSecond" | "p50Ms"} Figure */

/**
 * A target of Twinloop in one workload: a figure of its own as a ratio to that of another server, at most or at
 * least so much; or at most `javascriptMicros` on the JavaScript thread.
 *
 * @typedef {{ workload: string, figure: Figure, beside: string, atMost?: number, atLeast?: number }
 *   | { workload: string, javascriptMicros: number }} Target
 */

/** @param {string} workload @param {string} beside @param {number} atMost @returns {Target} */
const cpuAtMost = (workload, beside, atMost) => ({ workload, figure: "cpuMicros", beside, atMost });

/** @param {string} workload @param {string} beside @param {number} atLeast @returns {Target} */
const servedAtLeast = (workload, beside, atLeast) => ({
  workload,
  figure: "requestsPerSecond",
  beside,
  atLeast,
});

/** @type {readonly Target[]} */
export const targets = [
  cpuAtMost("hello", LIMIT, 1.2),
  servedAtLeast("hello", "elysia", 1),
  servedAtLeast("hello", "express", 17),
  { workload: "hello", javascriptMicros: 1.3 },
  cpuAtMost("schema", LIMIT, 1.3),
  servedAtLeast("schema", "elysia", 2.5),
  servedAtLeast("schema", "express", 20),
  { workload: "schema", javascriptMicros: 2.2 },
  cpuAtMost("reject", LIMIT, 1.05),
  // Not exactly zero: the thread wakes now and then on its own, with no request as the cause.
  { workload: "reject", javascriptMicros: 0.1 },
  { workload: "single", figure: "p50Ms", beside: "node-http", atMost: 1 },
];

/** @type {Readonly<Record<Figure, string>>} */
const NAMES = { cpuMicros: "CPU", requestsPerSecond: "requests/s", p50Ms: "p50" };

/**
 * A target and what was measured; `met` is null where a server or a workload was left out. `limit` is what bare
 * Hyper itself reaches: on a machine where that is not enough, no server on Hyper can meet the target.
 *
 * @typedef {object} Verdict
 * @property {string} workload
 * @property {string} claim
 * @property {string} wanted
 * @property {string} unit
 * @property {number | null} measured
 * @property {number | null} limit null where the claim is not one beside a peer
 * @property {boolean | null} met
 */

/**
 * Compares the measurements with the targets.
 *
 * @param {readonly import("./rounds.mjs").WorkloadRounds[]} results
 * @returns {Verdict[]}
 */
export function judge(results) {
  return targets.map((target) => {
    const rounds = results.find(({ workload }) => workload === target.workload);
    return "figure" in target ? judgeRatio(target, rounds) : judgeJavascript(target, rounds);
  });
}

/**
 * @param {Extract<Target, { figure: Figure }>} target
 * @param {import("./rounds.mjs").WorkloadRounds | undefined} rounds
 * @returns {Verdict}
 */
function judgeRatio({ workload, figure, beside, atMost, atLeast }, rounds) {
  /** @param {string} server */
  const ratioOf = (server) => ratio(rounds, figure, server, beside);
  const measured = ratioOf(SUBJECT);
  const least = atLeast !== undefined;
  const bound = /** @type {number} */ (least ? atLeast : atMost);
  return {
    workload,
    claim: `${NAMES[figure]} beside ${beside}`,
    wanted: `at ${least ? "least" : "most"} ${showNumber(bound, "x")}`,
    unit: "x",
    measured,
    limit: beside === LIMIT ? null : ratioOf(LIMIT),
    met: measured === null ? null : least ? measured >= bound : measured <= bound,
  };
}

/**
 * @param {Extract<Target, { javascriptMicros: number }>} target
 * @param {import("./rounds.mjs").WorkloadRounds | undefined} rounds
 * @returns {Verdict}
 */
function judgeJavascript({ workload, javascriptMicros }, rounds) {
  const measured = median(valuesOf(rounds?.measurements.get(SUBJECT) ?? [], "javascriptMicros"));
  const wanted = `at most ${showNumber(javascriptMicros, " µs")}`;
  const met = measured === null ? null : measured <= javascriptMicros;
  return { workload, claim: "JS thread", wanted, unit: " µs", measured, limit: null, met };
}

/**
 * @param {import("./rounds.mjs").WorkloadRounds | undefined} rounds
 * @param {Figure} figure
 * @param {string} numerator
 * @param {string} denominator
 */
function ratio(rounds, figure, numerator, denominator) {
  /** @param {string} server */
  const values = (server) => (rounds?.measurements.get(server) ?? []).map((measured) => measured[figure]);
  return pairedRatio(values(numerator), values(denominator));
}

/**
 * Formats the table of the targets.
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
    verdicts.map(({ workload, claim, wanted, unit, measured, limit, met }) => [
      workload,
      claim,
      wanted,
      showNumber(measured, unit),
      limit === null ? "" : showNumber(limit, unit),
      met === null ? "not measured" : met ? "met" : "MISSED",
    ]),
  );
}
