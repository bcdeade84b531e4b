import { fileURLToPath } from "node:url";
import { choose } from "../harness/arguments.mjs";
import { showFigures, summarise } from "../harness/figures.mjs";
import { runSeries, setUp } from "../harness/series.mjs";
import { onBun, onNode, twinloopServer } from "../harness/server-list.mjs";

const CONNECTIONS = 100;

/**
 * The servers of the suite, in the order of the tables and of each round.
 *
 * @type {readonly import("../harness/server-list.mjs").Server[]}
 */
const servers = [
  twinloopServer,
  onNode("ws", "node:http + ws", "ws"),
  onBun("bun-websocket", "Bun.serve", undefined),
];

/**
 * A workload: a message that is echoed on 100 connections, one under way on each.
 *
 * @param {string} name
 * @param {string} target
 * @param {string} body
 * @returns {import("../harness/workload.mjs").Workload}
 */
function echo(name, target, body) {
  const rest = { method: "GET", headers: {}, status: 101, answer: null, handled: true };
  return { name, target, body, connections: CONNECTIONS, ...rest };
}

/** Text as it is, and an object that Twinloop checks by its type and the peers parse and write. */
const workloads = [
  echo("echo-64", "/echo", "x".repeat(64)),
  echo("echo-1k", "/echo", "x".repeat(1024)),
  echo("json-1k", "/echo-json", JSON.stringify({ text: "x".repeat(1000), number: 1 })),
];

/**
 * The `websocket` suite: messages that are echoed, beside other servers. What the tables call a request is a message and its echo.
 *
 * @param {import("../harness/arguments.mjs").Arguments} args
 */
export async function websocketSuite(args) {
  const chosen = choose(workloads, args.workloads, "workload");
  const { machine, contenders } = await setUp(choose(servers, args.only, "server"));
  const env = { DATABASE_URL: undefined, PUBSUB_URL: undefined, AMQP_URL: undefined };
  const program = fileURLToPath(new URL("load.mjs", import.meta.url));
  const series = await runSeries(contenders, chosen, args, { checks: [], env, program });
  return {
    machine,
    series: series.map(({ pinned, results }) => {
      const summaries = results.map((rounds) => ({
        workload: rounds.workload,
        servers: summarise(rounds, "ws"),
      }));
      for (const { workload, servers: figures } of summaries)
        console.log(`\n${workload}\n\n${showFigures(figures, "ws")}`);
      return { pinned, summaries, verdicts: [], rounds: results };
    }),
  };
}
