import { availableParallelism } from "node:os";
import { Problem } from "../../tools/setup/problem.mjs";
import { choose } from "../harness/arguments.mjs";
import { showFigures, summarise } from "../harness/figures.mjs";
import { pinningObstacle } from "../harness/pinning.mjs";
import { runRounds } from "../harness/rounds.mjs";
import { setUp } from "../harness/series.mjs";
import { servers, twinloopServer } from "../harness/server-list.mjs";
import { median, valuesOf } from "../harness/statistics.mjs";
import { workloads } from "../harness/workload.mjs";
import { checkPrice, priceOf, showChecks, showPaper } from "./figures.mjs";

const IO_THREADS = [1, 2];
const WORKLOADS = ["hello", "schema", "burn"];
const PEERS = ["fastify", "express", "elysia"];
const NAME = twinloopServer.name;

/** @typedef {import("../harness/arguments.mjs").Arguments} Arguments */
/** @typedef {import("../harness/rounds.mjs").WorkloadRounds} WorkloadRounds */

/**
 * The `capacity` suite: what a request costs on each side, measured on one core; what follows from it for more cores; and whether
 * that holds on this machine, with one and with two I/O threads.
 *
 * @param {Arguments} args
 */
export async function capacitySuite(args) {
  const obstacle = await pinningObstacle();
  if (obstacle !== null) throw new Problem(`The capacity suite needs two cores and pinning: ${obstacle}.`);
  const chosen = choose(
    workloads.filter(({ name }) => WORKLOADS.includes(name)),
    args.workloads,
    "workload",
  );
  const peers = choose(
    servers.filter(({ name }) => PEERS.includes(name)),
    args.only.filter((name) => name !== NAME),
    "peer",
  );
  const { machine, contenders, programs } = await setUp([twinloopServer, ...peers]);
  const { seconds, warmUpSeconds, connections, rounds } = args;
  const env = { DATABASE_URL: undefined, PUBSUB_URL: undefined };
  const method = { loadProgram: programs.load, seconds, warmUpSeconds, connections, checks: workloads, env };
  console.log("\nPinned: server on core 0, load on core 1");
  const priced = await runRounds(contenders, chosen, rounds, { ...method, pinned: true }, console.log);
  console.log("\nNot pinned, by I/O threads");
  const own = contenders.find(({ server }) => server.name === NAME);
  const checking = own === undefined ? [] : IO_THREADS.map((count) => withIoThreads(own, count));
  const checked = await runRounds(checking, chosen, rounds, { ...method, pinned: false }, console.log);
  return { machine, series: [{ pinned: true, ...report(priced, checked) }] };
}

/** @param {import("../harness/rounds.mjs").Contender} contender @param {number} count */
function withIoThreads({ server, command }, count) {
  const env = { TWINLOOP_IO_THREADS: String(count) };
  return { server: { ...server, name: threadsName(count), env }, command };
}

/** @param {number} count */
const threadsName = (count) => `${NAME}, I/O threads: ${count}`;

/** @param {WorkloadRounds[]} priced @param {WorkloadRounds[]} checked */
function report(priced, checked) {
  const checks = [];
  for (const rounds of priced) {
    console.log(`\n${rounds.workload}, on one core\n\n${showFigures(summarise(rounds))}`);
    const price = priceOf(rounds.measurements.get(NAME) ?? []);
    if (price === null) throw new Problem("This system does not tell what a thread costs: use Linux.");
    console.log(`\n${rounds.workload}, on paper\n\n${showPaper(price, peersOf(rounds))}`);
    const measured = checked.find(({ workload }) => workload === rounds.workload)?.measurements;
    for (const count of IO_THREADS) {
      const own = measured?.get(threadsName(count)) ?? [];
      checks.push(checkPrice(rounds.workload, price, count, availableParallelism(), own));
    }
  }
  console.log(`\nPrediction and measurement here\n\n${showChecks(checks)}`);
  return { checks, rounds: priced, checkRounds: checked };
}

/** @param {WorkloadRounds} rounds */
function peersOf({ measurements }) {
  return [...measurements].flatMap(([name, measured]) => {
    const cpuMicros = median(valuesOf(measured, "cpuMicros"));
    return name === NAME || cpuMicros === null ? [] : [{ name, cpuMicros }];
  });
}
