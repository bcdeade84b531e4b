import { relative } from "node:path";
import { root } from "../../tools/setup/command.mjs";
import { prepare } from "../../tools/setup/prepare.mjs";
import { Problem } from "../../tools/setup/problem.mjs";
import { buildApp } from "./app-build.mjs";
import { choose, readArguments, USAGE } from "./arguments.mjs";
import { showFigures, summarise } from "./figures.mjs";
import { describeMachine } from "./machine.mjs";
import { pinningObstacle } from "./pinning.mjs";
import { writeResults } from "./results-file.mjs";
import { runRounds } from "./rounds.mjs";
import { buildRustPrograms } from "./rust-programs.mjs";
import { servers } from "./server-list.mjs";
import { judge, showVerdicts } from "./verdict.mjs";
import { workloads } from "./workload.mjs";

/**
 * The `bench` command: prepares what it needs, measures, prints the tables and writes the results.
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
  const chosen = choose(servers, args.only, "server");
  const chosenWorkloads = choose(workloads, args.workloads, "workload");
  const programs = await prepareAll(chosen);
  const contenders = findContenders(chosen, programs.limit);
  const machine = await describeMachine();
  console.log(
    `${machine.processor}, ${machine.cores} cores, ${machine.system}, Node ${machine.versions["node"]}`,
  );
  const series = [];
  for (const pinned of await pinnings(args.unpinned)) {
    console.log(`\n${pinned ? "Pinned: server on core 0, load on core 1" : "Not pinned"}`);
    const { seconds, warmUpSeconds, connections } = args;
    const method = { loadProgram: programs.load, seconds, warmUpSeconds, connections, pinned };
    const results = await runRounds(contenders, chosenWorkloads, args.rounds, method, console.log);
    series.push({ pinned, ...report(results) });
  }
  const path = writeResults({ date: new Date().toISOString(), machine, arguments: args, series });
  console.log(`\nEvery measurement: ${relative(root, path)}`);
  return 0;
}

/**
 * @param {readonly import("./server-list.mjs").Server[]} chosen
 * @returns {Promise<{ limit: string, load: string }>}
 */
async function prepareAll(chosen) {
  const twinloop = chosen.some(({ from }) => from === "twinloop");
  const peers = chosen.some(({ from }) => from === "peers");
  await prepare({ addon: twinloop, packages: twinloop ? "built" : "installed", rust: true, peers });
  if (twinloop) await buildApp();
  return buildRustPrograms();
}

/**
 * Leaves out, and names, the servers that cannot run here.
 *
 * @param {readonly import("./server-list.mjs").Server[]} chosen
 * @param {string} limit path of the Rust server
 * @returns {import("./rounds.mjs").Contender[]}
 */
function findContenders(chosen, limit) {
  const contenders = [];
  for (const server of chosen) {
    const command = server.command(limit);
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
