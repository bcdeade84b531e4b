import { median, pairedRatio, spread, valuesOf } from "./statistics.mjs";
import { layOutTable, showNumber } from "./table.mjs";

/** The servers with which all servers are compared. */
export const LIMIT = "hyper";
export const BASELINE = "express";

/**
 * The medians of one server over all rounds of one workload. `cpuSpread`: range over median. `timesHyper`: its
 * CPU over bare Hyper's. `lessThanBaseline`: how many times less CPU than the baseline it takes.
 *
 * @typedef {object} Summary
 * @property {string} server
 * @property {number | null} requestsPerSecond
 * @property {number | null} cpuMicros
 * @property {number | null} cpuSpread
 * @property {number | null} timesHyper
 * @property {number | null} lessThanBaseline
 * @property {number | null} javascriptMicros
 * @property {number | null} p50Ms
 * @property {number | null} p99Ms
 * @property {number | null} peakMemoryMib
 * @property {number | null} loadCores
 * @property {number | null} otherCores
 * @property {number | null} idleKib
 * @property {number | null} startMs
 */

/**
 * Sums up the rounds of one workload.
 *
 * @param {import("./rounds.mjs").WorkloadRounds} rounds
 * @param {string} [baseline] the server that the others are compared with
 * @returns {Summary[]} in the order of the servers
 */
export function summarise(rounds, baseline = BASELINE) {
  return [...rounds.measurements].map(([server, measured]) => {
    /** @param {keyof import("./measure.mjs").Measurement} figure */
    const middle = (figure) => median(valuesOf(measured, figure));
    return {
      server,
      requestsPerSecond: middle("requestsPerSecond"),
      cpuMicros: middle("cpuMicros"),
      cpuSpread: spread(valuesOf(measured, "cpuMicros")),
      timesHyper: cpuRatio(rounds, server, LIMIT),
      lessThanBaseline: cpuRatio(rounds, baseline, server),
      javascriptMicros: middle("javascriptMicros"),
      p50Ms: middle("p50Ms"),
      p99Ms: middle("p99Ms"),
      peakMemoryMib: middle("peakMemoryMib"),
      loadCores: middle("loadCores"),
      otherCores: middle("otherCores"),
      idleKib: middle("idleKib"),
      startMs: middle("startMs"),
    };
  });
}

/**
 * Computes the ratio of two servers' CPU time per request, taken within each round.
 *
 * @param {import("./rounds.mjs").WorkloadRounds} rounds
 * @param {string} numerator
 * @param {string} denominator
 * @returns {number | null} null when one of them was not measured
 */
export function cpuRatio({ measurements }, numerator, denominator) {
  /** @param {string} server */
  const cpu = (server) => (measurements.get(server) ?? []).map(({ cpuMicros }) => cpuMicros);
  return pairedRatio(cpu(numerator), cpu(denominator));
}

/**
 * @param {string} baseline as the table names it
 * @returns {readonly (import("./table.mjs").Column & { show: (summary: Summary) => string })[]}
 */
const columns = (baseline) => [
  { title: "server", align: "left", show: ({ server }) => server },
  { title: "requests/s", show: ({ requestsPerSecond }) => showNumber(requestsPerSecond) },
  { title: "CPU µs", show: ({ cpuMicros }) => showNumber(cpuMicros) },
  { title: "±", show: ({ cpuSpread }) => (cpuSpread === null ? "-" : `${Math.round(cpuSpread * 100)}%`) },
  { title: "x Hyper", show: ({ timesHyper }) => showNumber(timesHyper, "x") },
  { title: `less than ${baseline}`, show: ({ lessThanBaseline }) => showNumber(lessThanBaseline, "x") },
  { title: "JS thread µs", show: ({ javascriptMicros }) => showNumber(javascriptMicros) },
  { title: "p50 ms", show: ({ p50Ms }) => showNumber(p50Ms) },
  { title: "p99 ms", show: ({ p99Ms }) => showNumber(p99Ms) },
  { title: "peak MiB", show: ({ peakMemoryMib }) => showNumber(peakMemoryMib) },
  { title: "load cores", show: ({ loadCores }) => showNumber(loadCores) },
  { title: "other cores", show: ({ otherCores }) => showNumber(otherCores) },
  { title: "KiB per idle", show: ({ idleKib }) => showNumber(idleKib) },
  { title: "start ms", show: ({ startMs }) => showNumber(startMs) },
];

/**
 * Formats the table of one workload.
 *
 * @param {readonly Summary[]} summaries
 * @param {string} [baseline] as the table names it
 * @returns {string}
 */
export function showFigures(summaries, baseline = "Express") {
  const shown = columns(baseline).filter(
    ({ title }) => title !== "KiB per idle" || summaries.some(({ idleKib }) => idleKib !== null),
  );
  return layOutTable(
    shown,
    summaries.map((summary) => shown.map(({ show }) => show(summary))),
  );
}
