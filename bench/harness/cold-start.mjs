import { readMemory, readThreadTimes, totalOf } from "./process-counters.mjs";
import { startServer } from "./server-process.mjs";
import { median, spread, valuesOf } from "./statistics.mjs";
import { layOutTable, showNumber } from "./table.mjs";

/** The name by which the cold start is chosen among the workloads. */
export const COLD_START = "start";

const STARTS_PER_ROUND = 5;

/**
 * The cost from spawning a server to its first answer. A figure that the system does not provide is null.
 *
 * @typedef {object} Start
 * @property {number} startMs
 * @property {number | null} cpuMs of all threads until then
 * @property {number | null} memoryMib held then
 */

/** @typedef {Map<string, Start[]>} Starts by server name */

/**
 * Starts every server again and again: A B C, A B C, …, unpinned, for a start may use all cores. The first turn is not
 * counted: it brings the programs from the disk into memory.
 *
 * @param {readonly import("./rounds.mjs").Contender[]} contenders
 * @param {number} rounds
 * @param {Record<string, string | undefined>} env
 * @param {(line: string) => void} say told when a round is over
 * @returns {Promise<Starts>}
 */
export async function runColdStarts(contenders, rounds, env, say) {
  for (const contender of contenders) await startOnce(contender, env);
  /** @type {Starts} */
  const starts = new Map(contenders.map(({ server }) => [server.name, []]));
  for (let round = 1; round <= rounds; round += 1) {
    for (let turn = 0; turn < STARTS_PER_ROUND; turn += 1) {
      for (const contender of contenders) {
        starts.get(contender.server.name)?.push(await startOnce(contender, env));
      }
    }
    say(`  ${COLD_START} ${round}/${rounds}: ${STARTS_PER_ROUND} of each server`);
  }
  return starts;
}

/**
 * @param {import("./rounds.mjs").Contender} contender
 * @param {Record<string, string | undefined>} env
 * @returns {Promise<Start>}
 */
async function startOnce({ server, command }, env) {
  const running = await startServer(server.name, command, { core: null, env: { ...env, ...server.env } });
  const threads = readThreadTimes(running.pid);
  const memory = readMemory(running.pid);
  await running.stop();
  return {
    startMs: running.startMs,
    cpuMs: threads.size > 0 ? totalOf(threads) / 1e6 : null,
    memoryMib: memory === undefined ? null : memory / 2 ** 20,
  };
}

/**
 * Formats the table of the starts: medians.
 *
 * @param {Starts} starts
 * @returns {string}
 */
export function showStarts(starts) {
  const rows = [...starts].map(([server, all]) => {
    const range = spread(valuesOf(all, "startMs"));
    return [
      server,
      showNumber(median(valuesOf(all, "startMs"))),
      range === null ? "-" : `${Math.round(range * 100)}%`,
      showNumber(median(valuesOf(all, "cpuMs"))),
      showNumber(median(valuesOf(all, "memoryMib"))),
    ];
  });
  return layOutTable(
    [
      { title: "server", align: "left" },
      { title: "first answer ms" },
      { title: "±" },
      { title: "CPU ms" },
      { title: "memory MiB" },
    ],
    rows,
  );
}
