import { setTimeout as sleep } from "node:timers/promises";
import { readWakeUps, wakeUpsBetween } from "../footprint/wake-ups.mjs";
import { runColdStarts } from "../harness/cold-start.mjs";
import { readMemory, readThreadTimes, timeBetween, totalOf } from "../harness/process-counters.mjs";
import { startServer } from "../harness/server-process.mjs";
import { median, valuesOf } from "../harness/statistics.mjs";
import { layOutTable, showNumber } from "../harness/table.mjs";

/** After the start and after everything stands, until what that has left behind (compilation, collections) is over. */
const SETTLE_MS = 4_000;
const WATCH_MS = 10_000;
const MIB = 2 ** 20;

/**
 * What is opened on a server and then stands: `open` counts what still does.
 *
 * @typedef {{ open: () => number, close: () => void }} Standing
 */

/**
 * What many of a thing cost a server that has nothing to do.
 *
 * `startMs` and `startMib`: the median of the starts until the first answer, and the memory held then. `beforeMib`: before anything
 * stood on it. `cpuMsPerSecond` and `wakeUps` (a second, of all threads): while everything stood. `open`: how many still stood then.
 *
 * @typedef {object} Stand
 * @property {string} server
 * @property {number} startMs
 * @property {number | null} startMib
 * @property {number} beforeMib
 * @property {number} memoryMib
 * @property {number} cpuMsPerSecond
 * @property {number} wakeUps
 * @property {number} threads
 * @property {number | null} open
 */

/**
 * Starts each server, lets things stand on it, and watches it; one server after another, unpinned.
 *
 * @param {readonly import("../harness/rounds.mjs").Contender[]} contenders
 * @param {object} method
 * @param {number} method.rounds of starts
 * @param {Record<string, string | undefined>} method.env
 * @param {(running: import("../harness/server-process.mjs").RunningServer) => Promise<Standing>} [method.occupy]
 * @returns {Promise<Stand[]>}
 */
export async function measureStanding(contenders, { rounds, env, occupy }) {
  const starts = await runColdStarts(contenders, rounds, env, () => undefined);
  const stands = [];
  for (const contender of contenders) {
    const all = starts.get(contender.server.name) ?? [];
    const watched = await watch(contender, env, occupy);
    stands.push({
      server: contender.server.name,
      startMs: median(valuesOf(all, "startMs")) ?? Number.NaN,
      startMib: median(valuesOf(all, "memoryMib")),
      ...watched,
    });
  }
  return stands;
}

/**
 * @param {import("../harness/rounds.mjs").Contender} contender
 * @param {Record<string, string | undefined>} env
 * @param {((running: import("../harness/server-process.mjs").RunningServer) => Promise<Standing>) | undefined} occupy
 */
async function watch({ server, command }, env, occupy) {
  const running = await startServer(server.name, command, { core: null, env: { ...env, ...server.env } });
  /** @type {Standing | undefined} */
  let standing;
  try {
    await sleep(SETTLE_MS);
    const beforeMib = memoryOf(running.pid);
    standing = await occupy?.(running);
    if (standing) await sleep(SETTLE_MS);
    const [times, wakes, began] = [readThreadTimes(running.pid), readWakeUps(running.pid), performance.now()];
    await sleep(WATCH_MS);
    const seconds = (performance.now() - began) / 1000;
    const now = readThreadTimes(running.pid);
    const wakeUps = Object.values(wakeUpsBetween(wakes, readWakeUps(running.pid), seconds));
    return {
      beforeMib,
      memoryMib: memoryOf(running.pid),
      cpuMsPerSecond: totalOf(timeBetween(times, now)) / 1e6 / seconds,
      wakeUps: wakeUps.reduce((sum, rate) => sum + rate, 0),
      threads: now.size,
      open: standing?.open() ?? null,
    };
  } finally {
    standing?.close();
    await running.stop();
  }
}

/** @param {number} pid */
const memoryOf = (pid) => (readMemory(pid) ?? Number.NaN) / MIB;

/**
 * The table of one kind of thing.
 *
 * @param {readonly Stand[]} stands
 * @param {{ count: number, nothing?: readonly Stand[] }} of how many stand; `nothing`: the same servers without any, where the
 *   things are there from the start on
 * @returns {string}
 */
export function showStanding(stands, { count, nothing }) {
  const rows = stands.map((stand) => {
    const { server, startMs, memoryMib, beforeMib, cpuMsPerSecond, wakeUps, threads, open } = stand;
    const base = nothing ? nothing.find((each) => each.server === server)?.memoryMib : beforeMib;
    const each = base === undefined || count === 0 ? null : ((memoryMib - base) * 1024) / count;
    return [
      server,
      showNumber(startMs),
      showNumber(memoryMib),
      showNumber(each),
      showNumber(cpuMsPerSecond),
      showNumber(wakeUps),
      String(threads),
      ...(open === null ? [] : [open.toLocaleString("en")]),
    ];
  });
  const opened = stands.some(({ open }) => open !== null);
  return layOutTable(
    [
      { title: "server", align: "left" },
      { title: "start ms" },
      { title: "RSS MiB" },
      { title: "KiB each" },
      { title: "CPU ms/s" },
      { title: "wake-ups/s" },
      { title: "threads" },
      ...(opened ? [{ title: "still open" }] : []),
    ],
    rows,
  );
}
