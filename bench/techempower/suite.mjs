import { choose } from "../harness/arguments.mjs";
import { summarise } from "../harness/figures.mjs";
import { runSeries, setUp } from "../harness/series.mjs";
import { beside } from "../harness/server-list.mjs";
import { layOutTable, showNumber } from "../harness/table.mjs";
import { openTables } from "./database.mjs";
import { kindsOver } from "./kinds.mjs";
import { holdToRules } from "./rules.mjs";
import { techempowerServers } from "./servers.mjs";

const BASELINE = "express-pg";

/**
 * The `techempower` suite: the six kinds of the public benchmark, by its rules, on one core each.
 *
 * @param {import("../harness/arguments.mjs").Arguments} args
 */
export async function techempowerSuite(args) {
  const { machine, contenders, programs } = await setUp(
    choose(beside(techempowerServers, args.beside), args.only, "server"),
  );
  const tables = await openTables();
  try {
    const kinds = kindsOver(tables);
    const chosen = choose(kinds, args.workloads, "kind");
    const env = { DATABASE_URL: tables.url, PUBSUB_URL: undefined, AMQP_URL: undefined };
    await holdToRules(contenders, kinds, tables, env);
    const setting = { checks: kinds, env, program: programs.load };
    const series = await runSeries(contenders, chosen, args, setting);
    return { machine, series: series.map(({ pinned, results }) => ({ pinned, ...report(results) })) };
  } finally {
    await tables.close();
  }
}

/** @param {import("../harness/rounds.mjs").WorkloadRounds[]} results */
function report(results) {
  const summaries = results.map((rounds) => ({
    workload: rounds.workload,
    servers: summarise(rounds, BASELINE),
  }));
  console.log(`\nCPU µs of a request (requests/s)\n\n${showKinds(summaries)}`);
  return { summaries, verdicts: [], rounds: results };
}

/**
 * The one table of the suite: a row for each server, a column for each kind.
 *
 * @param {readonly { workload: string, servers: readonly import("../harness/figures.mjs").Summary[] }[]} summaries
 * @returns {string}
 */
export function showKinds(summaries) {
  const names = (summaries[0]?.servers ?? []).map(({ server }) => server);
  const columns = summaries.map(({ workload }) => ({ title: workload }));
  const rows = names.map((name) => [
    name,
    ...summaries.map(({ servers }) => cell(servers.find(({ server }) => server === name))),
  ]);
  return layOutTable([{ title: "server", align: "left" }, ...columns], rows);
}

/** @param {import("../harness/figures.mjs").Summary | undefined} summary */
function cell(summary) {
  if (summary === undefined) return "-";
  return `${showNumber(summary.cpuMicros)} (${showNumber(summary.requestsPerSecond)})`;
}
