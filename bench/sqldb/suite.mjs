import { choose } from "../harness/arguments.mjs";
import { showFigures, summarise } from "../harness/figures.mjs";
import { showHeldTargets } from "../harness/held-target.mjs";
import { runSeries, setUp } from "../harness/series.mjs";
import { beside } from "../harness/server-list.mjs";
import { prepareDatabase } from "./database.mjs";
import { runDirect, runStream } from "./direct.mjs";
import { showDirect } from "./direct-figures.mjs";
import { rowsServers, rowsWorkload } from "./rows-workload.mjs";
import { judgeDirect, judgeRows, judgeStream } from "./verdict.mjs";

const BASELINE = "node-http-pg";

/** In the order in which they run. */
const PARTS = [{ name: "rows" }, { name: "direct" }, { name: "stream" }];

/**
 * The `sqldb` suite: rows over HTTP beside other servers, queries beside other clients, and a long stream.
 *
 * @param {import("../harness/arguments.mjs").Arguments} args
 */
export async function sqldb(args) {
  const parts = choose(PARTS, args.workloads, "workload").map(({ name }) => name);
  const { machine, contenders, programs } = await setUp(
    choose(beside(rowsServers, args.beside), args.only, "server"),
  );
  const databaseUrl = await prepareDatabase();
  const series = [];
  if (parts.includes("rows")) {
    const setting = {
      checks: [rowsWorkload],
      env: { DATABASE_URL: databaseUrl, PUBSUB_URL: undefined },
      program: programs.load,
    };
    for (const { pinned, results } of await runSeries(contenders, [rowsWorkload], args, setting)) {
      series.push({ pinned, ...reportRows(results) });
    }
  }
  if (parts.includes("direct")) series.push(reportDirect(await runDirect(args, databaseUrl, console.log)));
  if (parts.includes("stream")) series.push(reportStream(await runStream(databaseUrl)));
  const verdicts = series.flatMap((part) => part.verdicts);
  console.log(`\nTargets\n\n${showHeldTargets(verdicts)}`);
  return { machine, series };
}

/** @param {import("../harness/rounds.mjs").WorkloadRounds[]} results */
function reportRows(results) {
  const summaries = results.map((rounds) => ({
    workload: rounds.workload,
    servers: summarise(rounds, BASELINE),
  }));
  for (const { workload, servers } of summaries)
    console.log(`\n${workload}\n\n${showFigures(servers, BASELINE)}`);
  return { summaries, verdicts: results.flatMap(judgeRows), rounds: results };
}

/** @param {import("./direct.mjs").DirectRounds[]} results */
function reportDirect(results) {
  for (const rounds of results) console.log(`\n${rounds.workload}, direct\n\n${showDirect(rounds)}`);
  return { verdicts: results.flatMap(judgeDirect), rounds: results };
}

/** @param {import("./direct.mjs").DirectMeasurement} measured */
function reportStream(measured) {
  console.log(
    `\nA million rows, streamed: ${(1 / measured.queriesPerSecond).toFixed(1)} s, memory +${measured.memoryGrowthMib?.toFixed(1)} MiB`,
  );
  return { verdicts: judgeStream(measured), rounds: [measured] };
}
