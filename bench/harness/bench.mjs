import { relative, resolve } from "node:path";
import { root } from "../../tools/setup/command.mjs";
import { capacitySuite } from "../capacity/suite.mjs";
import { edgeSuite } from "../edge/suite.mjs";
import { footprint } from "../footprint/suite.mjs";
import { injectSuite } from "../inject/suite.mjs";
import { piecesSuite } from "../pieces/suite.mjs";
import { pubsub } from "../pubsub/suite.mjs";
import { scaleSuite } from "../scale/suite.mjs";
import { soakSuite } from "../soak/suite.mjs";
import { sqldb } from "../sqldb/suite.mjs";
import { techempowerSuite } from "../techempower/suite.mjs";
import { telemetrySuite } from "../telemetry/suite.mjs";
import { websocketSuite } from "../websocket/suite.mjs";
import { writeTables } from "../tables/write.mjs";
import { drawChart } from "./chart.mjs";
import { COLD_START, runColdStarts, showStarts } from "./cold-start.mjs";
import { choose, readArguments, USAGE } from "./arguments.mjs";
import { showFigures, summarise } from "./figures.mjs";
import { writeResults } from "./results-file.mjs";
import { runSeries, setUp } from "./series.mjs";
import { beside, servers } from "./server-list.mjs";
import { judge, showVerdicts } from "./verdict.mjs";
import { workloads } from "./workload.mjs";

const suites = {
  api,
  sqldb,
  pubsub,
  footprint,
  capacity: capacitySuite,
  pieces: piecesSuite,
  websocket: websocketSuite,
  edge: edgeSuite,
  inject: injectSuite,
  telemetry: telemetrySuite,
  techempower: techempowerSuite,
  scale: scaleSuite,
  soak: soakSuite,
};

/**
 * Runs the `bench` command: prepares the programs, measures, prints the tables and writes the results.
 *
 * Errors: `Problem` when a server answers wrongly or nothing can be measured. A missed target is a result.
 *
 * @param {string[]} words
 * @returns {Promise<number>} 0 when all was measured
 */
export async function main(words) {
  const args = readArguments(words);
  if (args.help) {
    console.log(USAGE);
    return 0;
  }
  if (args.suite === "tables") {
    writeTables();
    return 0;
  }
  const { machine, series } = await suites[args.suite](args);
  const path = writeResults({ date: new Date().toISOString(), machine, arguments: args, series });
  console.log(`\nEvery measurement: ${relative(root, path)}`);
  if (args.chart !== "") drawChart(path, resolve(args.chart));
  return 0;
}

/**
 * Runs the `api` suite: requests over HTTP.
 *
 * @param {import("./arguments.mjs").Arguments} args
 */
async function api(args) {
  const chosen = choose(beside(servers, args.beside), args.only, "server");
  const named = choose([...workloads, { name: COLD_START }], args.workloads, "workload");
  const loads = workloads.filter((workload) => named.includes(workload));
  // A database or a broker in the environment would only cost Twinloop its connection.
  const setting = {
    // Another checkout may not know a workload that came later.
    checks: args.beside === "" ? workloads : loads,
    env: { DATABASE_URL: undefined, PUBSUB_URL: undefined, AMQP_URL: undefined },
  };
  const { machine, contenders, programs } = await setUp(chosen);
  /** @type {object[]} */
  const series = [];
  if (loads.length > 0) {
    const measured = await runSeries(contenders, loads, args, { ...setting, program: programs.load });
    series.push(...measured.map(({ pinned, results }) => ({ pinned, ...report(results) })));
  }
  if (named.length > loads.length) {
    const starts = await runColdStarts(contenders, args.rounds, setting.env, console.log);
    console.log(`\n${COLD_START}\n\n${showStarts(starts)}`);
    series.push({ pinned: false, starts });
  }
  return { machine, series };
}

/** @param {import("./rounds.mjs").WorkloadRounds[]} results */
function report(results) {
  const summaries = results.map((rounds) => ({ workload: rounds.workload, servers: summarise(rounds) }));
  for (const { workload, servers: figures } of summaries) {
    console.log(`\n${workload}\n\n${showFigures(figures)}`);
  }
  const verdicts = judge(results);
  if (verdicts.some(({ met }) => met !== null)) console.log(`\nTargets\n\n${showVerdicts(verdicts)}`);
  return { summaries, verdicts, rounds: results };
}
