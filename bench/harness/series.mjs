import { prepare } from "../../tools/setup/prepare.mjs";
import { Problem } from "../../tools/setup/problem.mjs";
import { buildApp } from "./app-build.mjs";
import { describeMachine } from "./machine.mjs";
import { pinningObstacle } from "./pinning.mjs";
import { runRounds } from "./rounds.mjs";
import { buildRustPrograms } from "./rust-programs.mjs";

/**
 * Prepares the chosen servers and describes the machine.
 *
 * @param {readonly import("./server-list.mjs").Server[]} chosen
 */
export async function setUp(chosen) {
  const programs = await prepareAll(chosen);
  const contenders = findContenders(chosen, programs);
  const machine = await describeMachine();
  console.log(
    `${machine.processor}, ${machine.cores} cores, ${machine.system}, Node ${machine.versions["node"]}`,
  );
  return { programs, contenders, machine };
}

/**
 * Runs the rounds, pinned and, where asked for, unpinned.
 *
 * @param {import("./rounds.mjs").Contender[]} contenders
 * @param {readonly import("./workload.mjs").Workload[]} chosen
 * @param {import("./arguments.mjs").Arguments} args
 * @param {Pick<import("./measure.mjs").Method, "checks" | "env"> & { program: string }} setting
 */
export async function runSeries(contenders, chosen, args, { program, ...setting }) {
  const series = [];
  for (const pinned of await pinnings(args.unpinned)) {
    console.log(`\n${pinned ? "Pinned: server on core 0, load on core 1" : "Not pinned"}`);
    const { seconds, warmUpSeconds, connections } = args;
    const method = { loadProgram: program, seconds, warmUpSeconds, connections, pinned, ...setting };
    const results = await runRounds(contenders, chosen, args.rounds, method, console.log);
    series.push({ pinned, results });
  }
  return series;
}

/**
 * @param {readonly import("./server-list.mjs").Server[]} chosen
 * @returns {Promise<import("./rust-programs.mjs").Programs>}
 */
async function prepareAll(chosen) {
  const twinloop = chosen.some(({ from }) => from === "twinloop");
  const peers = chosen.some(({ from }) => from === "peers");
  await prepare({
    addon: twinloop ? "optimised" : "none",
    packages: twinloop ? "built" : "installed",
    rust: true,
    peers,
  });
  if (twinloop) await buildApp();
  return buildRustPrograms();
}

/**
 * Leaves out, and names, the servers that cannot run here.
 *
 * @param {readonly import("./server-list.mjs").Server[]} chosen
 * @param {import("./rust-programs.mjs").Programs} programs
 * @returns {import("./rounds.mjs").Contender[]}
 */
export function findContenders(chosen, programs) {
  const contenders = [];
  for (const server of chosen) {
    const command = server.command(programs);
    if (typeof command === "string") console.log(`Left out: ${server.title}: ${command}.`);
    else contenders.push({ server, command });
  }
  if (contenders.length === 0) throw new Problem("None of the chosen servers can run here.");
  return contenders;
}

/**
 * Which series to run: pinned, unpinned or both.
 *
 * @param {boolean} unpinnedToo
 * @returns {Promise<boolean[]>}
 */
async function pinnings(unpinnedToo) {
  const obstacle = await pinningObstacle();
  if (obstacle === null) return unpinnedToo ? [true, false] : [true];
  console.log(`Nothing is pinned: ${obstacle}.`);
  return [false];
}
