import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "../../tools/setup/command.mjs";
import { Problem } from "../../tools/setup/problem.mjs";
import { choose } from "../harness/arguments.mjs";
import { setUp } from "../harness/series.mjs";
import { onNode, twinloopServer } from "../harness/server-list.mjs";
import { median } from "../harness/statistics.mjs";
import { layOutTable, showNumber } from "../harness/table.mjs";

const bench = fileURLToPath(new URL("..", import.meta.url));

/**
 * The ways to ask for hello within the process of a test, in the order of the table and of each round.
 *
 * @typedef {{ name: string, title: string, script: string }} Road
 * @type {readonly Road[]}
 */
const ROADS = [
  { name: "call", title: "Twinloop, app.call(hello)", script: "inject/call.mjs" },
  { name: "request", title: 'Twinloop, app.request("/hello")', script: "inject/request.mjs" },
  { name: "fetch", title: "Twinloop, fetch over loopback", script: "inject/fetch.mjs" },
  { name: "fastify", title: "Fastify, app.inject", script: "peers/src/fastify-inject.mjs" },
  { name: "hono", title: "Hono, app.request", script: "peers/src/hono-request.mjs" },
];

/** @typedef {{ one: number, many: number }} Figures µs per answer */

/**
 * The `inject` suite: what one answer costs a test, without a socket and with one. Each way has a process of its own in each round.
 *
 * @param {import("../harness/arguments.mjs").Arguments} args
 */
export async function injectSuite(args) {
  const chosen = choose(ROADS, args.only, "way");
  const { machine } = await setUp([twinloopServer, onNode("fastify", "Fastify", "fastify")]);
  /** @type {Map<string, Figures[]>} */
  const found = new Map(chosen.map(({ name }) => [name, []]));
  for (let round = 0; round < args.rounds; round += 1) {
    for (const road of chosen) found.get(road.name)?.push(await figuresOf(road));
  }
  const rows = chosen.map(({ name, title }) => {
    const rounds = found.get(name) ?? [];
    const of = (/** @type {keyof Figures} */ figure) => median(rounds.map((each) => each[figure]));
    return [title, showNumber(of("one")), showNumber(of("many"))];
  });
  const columns = [
    { title: "hello", align: /** @type {const} */ ("left") },
    { title: "µs, one at a time" },
    { title: "µs, 64 at once" },
  ];
  console.log(`\n${layOutTable(columns, rows)}`);
  return { machine, series: [{ rounds: Object.fromEntries(found) }] };
}

/** @param {Road} road @returns {Promise<Figures>} */
async function figuresOf({ title, script }) {
  const env = {
    ...{ TWINLOOP_ROOT: bench, NODE_ENV: "test", LOG_LEVEL: "error", ACCESS_LOG: "off" },
    ...{ DATABASE_URL: undefined, PUBSUB_URL: undefined, AMQP_URL: undefined },
  };
  const { code, stdout, stderr } = await runCommand(process.execPath, [join(bench, script)], {
    cwd: bench,
    env,
  });
  if (code !== 0) throw new Problem(`${title} could not be measured: ${stderr.trim()}`);
  return JSON.parse(stdout);
}
