import { Problem } from "../../tools/setup/problem.mjs";
import { choose } from "../harness/arguments.mjs";
import { showFigures, summarise } from "../harness/figures.mjs";
import { showHeldTargets } from "../harness/held-target.mjs";
import { runSeries, setUp } from "../harness/series.mjs";
import { makeFolder, measureSyncs } from "./embedded.mjs";
import { showQueue } from "./figures.mjs";
import { publishServers, publishWorkload } from "./http-workload.mjs";
import { runStore } from "./queue-rounds.mjs";
import { startRedis } from "./redis.mjs";
import {
  batches,
  brokerUrl,
  CONDITIONS,
  embedded,
  nats,
  postgres,
  priority,
  rabbitmq,
  rateLimit,
} from "./stores.mjs";
import { judgeQueue } from "./verdict.mjs";

const BASELINE = "fastify-amqplib";

/** @typedef {import("../harness/arguments.mjs").Arguments} Arguments */
/** @typedef {Awaited<ReturnType<typeof setUp>>} Prepared */

/**
 * What is run, in this order.
 *
 * @type {readonly { name: string, run: (args: Arguments, prepared: Prepared) => Promise<object[]> }[]}
 */
const PARTS = [
  { name: "rabbitmq", run: async (args) => [await measureStore(rabbitmq(), args)] },
  { name: "nats", run: async (args) => [await measureStore(nats(), args)] },
  { name: "postgres", run: async (args) => [await measureStore(postgres(databaseUrl()), args)] },
  { name: "embedded", run: async (args) => [await measureEmbedded(args)] },
  { name: "priority", run: (args) => besideRedis(priority, args) },
  { name: "rate-limit", run: (args) => besideRedis(rateLimit, args) },
  { name: "batches", run: (args) => besideRedis(batches, args, "always") },
  { name: "http", run: measureHttp },
];

/**
 * The `pubsub` suite: messages published and consumed beside other clients, and published over HTTP beside other servers.
 *
 * @param {Arguments} args
 */
export async function pubsub(args) {
  const parts = choose(PARTS, args.workloads, "workload");
  const prepared = await setUp(chooseServers(args.only));
  console.log(CONDITIONS);
  const series = [];
  for (const { run } of parts) series.push(...(await run(args, prepared)));
  const verdicts = series.flatMap((part) => /** @type {any} */ (part).verdicts);
  if (verdicts.length > 0) console.log(`\nTargets\n\n${showHeldTargets(verdicts)}`);
  return { machine: prepared.machine, series };
}

/** The servers among the names; all of them when no server is named: clients have names too. @param {readonly string[]} only */
function chooseServers(only) {
  const stores = [rabbitmq(), nats(), postgres(""), embedded(""), priority("", "")];
  const clients = stores.flatMap((store) => store.clients);
  choose([...publishServers, ...clients], only, "server or client");
  const named = only.filter((name) => publishServers.some((server) => server.name === name));
  return choose(publishServers, named, "server");
}

function databaseUrl() {
  const url = process.env["DATABASE_URL"];
  if (url) return url;
  throw new Problem(
    "The postgres part of the pubsub suite needs a PostgreSQL: set DATABASE_URL to postgres://user:password@host:5432/database, " +
      "or leave it out with --workloads rabbitmq,embedded,http. It leaves Twinloop's tables for messages there.",
  );
}

/** @param {import("./queue-rounds.mjs").Store} store @param {Arguments} args */
async function measureStore(store, args) {
  const clients = store.clients.filter(({ name }) => args.only.length === 0 || args.only.includes(name));
  const results = await runStore({ ...store, clients }, args, console.log);
  for (const rounds of results) console.log(`\n${rounds.workload}\n\n${showQueue(rounds)}`);
  return { verdicts: results.flatMap(judgeQueue), rounds: results };
}

/**
 * Measures a store beside BullMQ, on a Redis that is started for it and syncs its file as `syncs` says.
 *
 * @param {(url: string, redisUrl: string) => import("./queue-rounds.mjs").Store} store
 * @param {Arguments} args
 * @param {import("./redis.mjs").Syncs} syncs
 */
async function besideRedis(store, args, syncs = "everysec") {
  const redis = await startRedis(syncs);
  try {
    return [await measureStore(store(databaseUrl(), redis.url), args)];
  } finally {
    redis.stop();
  }
}

/** @param {Arguments} args */
async function measureEmbedded(args) {
  const folder = makeFolder();
  try {
    const syncsPerSecond = measureSyncs(folder.path);
    const measured = await measureStore(embedded(folder.path), args);
    console.log(
      `\nThe disk itself: ${Math.round(syncsPerSecond).toLocaleString("en")} fdatasync a second, one at a time`,
    );
    return { ...measured, syncsPerSecond };
  } finally {
    folder.remove();
  }
}

/** @param {Arguments} args @param {Prepared} prepared */
async function measureHttp(args, { contenders, programs }) {
  const env = { DATABASE_URL: undefined, AMQP_URL: brokerUrl(), PUBSUB_URL: brokerUrl() };
  const setting = { checks: [publishWorkload], env, program: programs.load };
  const series = await runSeries(contenders, [publishWorkload], args, setting);
  return series.map(({ pinned, results }) => {
    const summaries = results.map((rounds) => ({
      workload: rounds.workload,
      servers: summarise(rounds, BASELINE),
    }));
    for (const { workload, servers } of summaries)
      console.log(`\n${workload}\n\n${showFigures(servers, BASELINE)}`);
    return { pinned, summaries, verdicts: [], rounds: results };
  });
}
