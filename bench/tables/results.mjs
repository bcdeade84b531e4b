import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../tools/setup/command.mjs";

/**
 * A results file of `bench/results`.
 *
 * @typedef {object} Results
 * @property {string} date ISO 8601
 * @property {import("../harness/machine.mjs").Machine} machine
 * @property {import("../harness/arguments.mjs").Arguments} arguments
 * @property {any[]} series
 * @property {string} path of the file
 */

/** Least seconds and rounds of a run that documents may quote. */
const LEAST_SECONDS = 4;
const LEAST_ROUNDS = 3;

/**
 * Reads the latest run of each suite that documents may quote: all servers, all workloads, no shorter than by default.
 *
 * @param {string} [folder]
 * @returns {Map<string, Results>} by suite
 */
export function latestResults(folder = join(root, "bench/results")) {
  /** @type {Map<string, Results>} */
  const latest = new Map();
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith(".json")) continue;
    const path = join(folder, file);
    const results = { ...JSON.parse(readFileSync(path, "utf8")), path };
    if (isWhole(results.arguments)) latest.set(results.arguments.suite, results);
  }
  return latest;
}

/** @param {import("../harness/arguments.mjs").Arguments} args */
function isWhole({ only, workloads, seconds, rounds, beside }) {
  return (
    only.length === 0 &&
    workloads.length === 0 &&
    beside === "" &&
    seconds >= LEAST_SECONDS &&
    rounds >= LEAST_ROUNDS
  );
}

/**
 * The summaries of a suite's first series, by workload and server.
 *
 * @param {Results} results
 * @returns {Map<string, Map<string, import("../harness/figures.mjs").Summary>>}
 */
export function summariesOf({ series }) {
  const summaries = series.find((each) => each.summaries)?.summaries ?? [];
  return new Map(
    summaries.map((/** @type {any} */ { workload, servers }) => [
      workload,
      new Map(servers.map((/** @type {any} */ summary) => [summary.server, summary])),
    ]),
  );
}

/**
 * The rounds of direct measurements, by workload and client.
 *
 * @param {Results} results
 * @returns {Map<string, Record<string, any[]>>}
 */
export function measurementsOf({ series }) {
  const rounds = series.flatMap(({ rounds: all }) => all ?? []).filter((each) => each.measurements);
  return new Map(rounds.map(({ workload, measurements }) => [workload, measurements]));
}
