import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Problem } from "../../tools/setup/problem.mjs";
import { readMemory, readThreadTimes, timeBetween, totalOf } from "../harness/process-counters.mjs";
import { layOutTable, showNumber } from "../harness/table.mjs";
import { readWakeUps, wakeUpsBetween } from "./wake-ups.mjs";

/** After the start, until what it has left behind (compilation, first collections) is over. */
const SETTLE_MS = 10_000;
const WATCH_MS = 30_000;
const MIB = 2 ** 20;

/**
 * What a process costs that has nothing to do. `wakeUps`: how often its threads went on after waiting, per second, by the
 * threads' names.
 *
 * @typedef {{ name: string, residentBytes: number, cpuMsPerSecond: number, threads: number, wakeUps: Record<string, number> }} Idle
 */

/**
 * Starts an app of each project, and one of Node alone, and watches them for 30 seconds, all at once: none of them does
 * enough to be in another's way.
 *
 * @param {readonly { name: string, primitives: readonly string[], folder: string }[]} projects
 * @param {string} databaseUrl
 * @returns {Promise<Idle[]>}
 */
export async function measureIdle(projects, databaseUrl) {
  const folder = projects[0]?.folder ?? ".";
  const all = [{ name: "Node alone", primitives: [], folder }, ...projects];
  const apps = [];
  try {
    for (const project of all) apps.push({ name: project.name, ...(await startApp(project, databaseUrl)) });
    await sleep(SETTLE_MS);
    const before = apps.map(({ pid }) => readCounters(pid));
    const startedAt = performance.now();
    await sleep(WATCH_MS);
    const seconds = (performance.now() - startedAt) / 1000;
    return apps.map(({ name, pid }, index) => {
      const [then, now] = [/** @type {Counters} */ (before[index]), readCounters(pid)];
      return {
        name,
        residentBytes: readMemory(pid) ?? Number.NaN,
        cpuMsPerSecond: totalOf(timeBetween(then.times, now.times)) / 1e6 / seconds,
        threads: now.times.size,
        wakeUps: wakeUpsBetween(then.wakeUps, now.wakeUps, seconds),
      };
    });
  } finally {
    await Promise.all(apps.map(({ stop }) => stop()));
  }
}

/** @typedef {{ times: Map<number, number>, wakeUps: import("./wake-ups.mjs").WakeUps }} Counters */

/** @param {number} pid @returns {Counters} */
function readCounters(pid) {
  return { times: readThreadTimes(pid), wakeUps: readWakeUps(pid) };
}

/**
 * @param {{ name: string, primitives: readonly string[], folder: string }} project
 * @param {string} databaseUrl
 */
async function startApp({ name, primitives, folder }, databaseUrl) {
  const { TWINLOOP_ADDON: _, ...inherited } = process.env;
  const pubsubUrl = primitives.includes("sqldb") ? "postgres:" : databaseUrl;
  const own = {
    NODE_ENV: "production",
    DATABASE_URL: databaseUrl,
    PUBSUB_URL: pubsubUrl,
    IDLE_KEY: "a-key-that-is-idle",
  };
  const child = spawn(process.execPath, ["app.mjs", ...primitives], {
    cwd: folder,
    env: { ...inherited, HOST: "127.0.0.1", ...own },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "close");
  let output = "";
  const idle = new Promise((resolve) => {
    const read = (/** @type {Buffer} */ chunk) => {
      output += chunk.toString();
      if (/^idle$/m.test(output)) resolve(true);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    void ended.then(() => resolve(false));
  });
  if (!(await idle)) throw new Problem(`The idle app of ${name} did not start. It said:\n${output.trim()}`);
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  return { pid: /** @type {number} */ (child.pid), stop };
}

/** @param {readonly Idle[]} idle */
export function showIdle(idle) {
  const left = /** @type {const} */ ("left");
  const columns = [
    { title: "app", align: left },
    { title: "RSS MiB" },
    { title: "CPU ms/s" },
    { title: "threads" },
    { title: "wake-ups/s" },
    { title: "of which", align: left },
  ];
  const rows = idle.map(({ name, residentBytes, cpuMsPerSecond, threads, wakeUps }) => [
    name,
    showNumber(residentBytes / MIB),
    showNumber(cpuMsPerSecond),
    String(threads),
    showNumber(Object.values(wakeUps).reduce((sum, rate) => sum + rate, 0)),
    Object.entries(wakeUps)
      .map(([thread, rate]) => `${thread} ${showNumber(rate)}`)
      .join(", "),
  ]);
  return layOutTable(columns, rows);
}
