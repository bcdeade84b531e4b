import { choose } from "../harness/arguments.mjs";
import { showFigures, summarise } from "../harness/figures.mjs";
import { runSeries, setUp } from "../harness/series.mjs";
import { workloads as requests } from "../harness/workload.mjs";
import { prepareDatabase } from "../sqldb/database.mjs";
import { rowsWorkload } from "../sqldb/rows-workload.mjs";
import { startCollector } from "./collector-process.mjs";
import { checkExporting } from "./exporting.mjs";
import { installInstrumentation, servers } from "./servers.mjs";

const OURS = ["twinloop", "metrics", "log", "traces-1", "traces-100"];
const BASELINE = "twinloop";

/** The requests that are measured; rows on our servers alone, because Fastify has no pool of its own. */
const workloads = [
  ...requests.filter(({ name }) => name === "hello" || name === "schema"),
  { ...rowsWorkload, on: Object.fromEntries(OURS.map((name) => [name, {}])) },
];

/**
 * The `telemetry` suite: what access log, metrics and traces cost, each beside a server without, and beside Fastify with
 * pino and OpenTelemetry's own instrumentation.
 *
 * @param {import("../harness/arguments.mjs").Arguments} args
 */
export async function telemetrySuite(args) {
  const loads = choose(workloads, args.workloads, "workload");
  const collector = await startCollector();
  try {
    const chosen = choose(servers(collector.url), args.only, "server");
    if (chosen.some(({ name }) => name === "fastify-otel")) installInstrumentation();
    const { machine, contenders, programs } = await setUp(chosen);
    const hasRows = loads.some(({ name }) => name === rowsWorkload.name);
    const DATABASE_URL = hasRows ? await prepareDatabase() : undefined;
    const env = { DATABASE_URL, PUBSUB_URL: undefined, AMQP_URL: undefined };
    await checkExporting(contenders, collector.url, env);
    const series = await runSeries(contenders, loads, args, { checks: [], env, program: programs.load });
    return { machine, series: series.map(({ pinned, results }) => ({ pinned, ...report(results) })) };
  } finally {
    collector.stop();
  }
}

/** @param {import("../harness/rounds.mjs").WorkloadRounds[]} results */
function report(results) {
  const summaries = results.map((rounds) => ({
    workload: rounds.workload,
    servers: summarise(rounds, BASELINE),
  }));
  for (const { workload, servers: figures } of summaries)
    console.log(`\n${workload}\n\n${showFigures(figures, BASELINE)}`);
  return { summaries, rounds: results };
}
