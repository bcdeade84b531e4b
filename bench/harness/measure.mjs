import { Problem } from "../../tools/setup/problem.mjs";
import { checkAnswers, countHandled } from "./correctness.mjs";
import { openIdleConnections } from "./idle-connections.mjs";
import { putLoad } from "./load.mjs";
import { LOAD_CORE, SERVER_CORE } from "./pinning.mjs";
import {
  readBusySeconds,
  readPeakMemory,
  readThreadTimes,
  resetPeakMemory,
  timeBetween,
  totalOf,
} from "./process-counters.mjs";
import { ServerEnded, startServer } from "./server-process.mjs";

/**
 * The figures of one server in one round of one workload. Figures that the system does not provide are null.
 *
 * @typedef {object} Measurement
 * @property {number} requestsPerSecond
 * @property {number} p50Ms
 * @property {number} p99Ms
 * @property {number | null} cpuMicros of the whole process, per request
 * @property {number | null} javascriptMicros of the thread that runs JavaScript, per request
 * @property {number | null} peakMemoryMib
 * @property {number | null} serverCores cores that the server used
 * @property {number | null} loadCores cores that the load generator used; near 1 it was the bottleneck
 * @property {number | null} otherCores cores that anything else used meanwhile
 * @property {number | null} idleKib memory of each connection that stays idle beside the load; null without such
 * @property {number} startMs from spawning the server to its first answer
 */

/**
 * The settings of a measurement. `env` is added to the servers' environment; an undefined value removes a variable.
 *
 * @typedef {object} Method
 * @property {string} loadProgram
 * @property {number} seconds
 * @property {number} warmUpSeconds
 * @property {number} connections
 * @property {boolean} pinned
 * @property {readonly import("./workload.mjs").Workload[]} checks every server is asked all of them before each measurement
 * @property {Record<string, string | undefined>} env
 */

/**
 * Starts a server, checks its answers, warms it up, measures it and stops it.
 *
 * Errors: `Problem` for a wrong answer; `ServerEnded` for a server that ends by itself.
 *
 * @param {import("./server-list.mjs").Server} server
 * @param {string[]} command
 * @param {import("./workload.mjs").Workload} workload
 * @param {Method} method
 * @returns {Promise<Measurement>}
 */
export async function measure(server, command, workload, method) {
  const audit = await workload.audit?.();
  const running = await startServer(server.name, command, {
    core: method.pinned ? SERVER_CORE : null,
    env: { ...method.env, ...server.env },
  });
  const measuring = measureRunning(server, running, workload, method).catch((error) => {
    const end = running.ended();
    throw end === undefined
      ? error
      : new ServerEnded(`${error.message}\nThe server ${server.name} had ended, ${end}`);
  });
  const { measured, answered } = await measuring.finally(() => running.stop());
  const missing = await audit?.(answered);
  if (missing)
    throw new Problem(`${server.name} answered ${answered} requests of ${workload.name}, and ${missing}.`);
  return measured;
}

/**
 * @param {import("./server-list.mjs").Server} server
 * @param {import("./server-process.mjs").RunningServer} running
 * @param {import("./workload.mjs").Workload} workload
 * @param {Method} method
 * @returns {Promise<{ measured: Measurement, answered: number }>} `answered` counts the warm-up too
 */
async function measureRunning(server, running, workload, method) {
  /** @type {import("./idle-connections.mjs").IdleConnections | null} */
  let idle = null;
  try {
    await checkAnswers(server.name, running.port, workload.on ? [workload] : method.checks);
    const warmUp = await load(server, running, workload, method, method.warmUpSeconds);
    if (workload.idleConnections) idle = await openIdleConnections(running, workload.idleConnections);
    const handledBefore = await countHandled(server.name, running.port, workload);
    let answered = 0;
    const figures = await observe(running.pid, server.javascript, async () => {
      const report = await load(server, running, workload, method, method.seconds);
      answered = report.requests;
      return report;
    });
    const ran = (await countHandled(server.name, running.port, workload)) - handledBefore;
    requireHandled(server.name, workload, ran, answered);
    const measured = { ...figures, idleKib: idle?.kibEach ?? null, startMs: running.startMs };
    return { measured, answered: answered + warmUp.requests };
  } finally {
    idle?.close();
  }
}

/**
 * Checks that the handler has run for each answer, or, where requests are refused, never.
 *
 * @param {string} server
 * @param {import("./workload.mjs").Workload} workload
 * @param {number} ran
 * @param {number} answered the handler may have run for more: the load ends with requests under way
 */
function requireHandled(server, { counter, handled }, ran, answered) {
  if (counter === undefined) return;
  if (!handled && ran > 0)
    throw new Problem(`${server} ran its handler ${ran} times for requests that it refused.`);
  if (handled && ran < answered)
    throw new Problem(`${server} answered ${answered} requests, and by ${counter} it handled ${ran}.`);
}

/**
 * @param {import("./server-list.mjs").Server} server
 * @param {import("./server-process.mjs").RunningServer} running
 * @param {import("./workload.mjs").Workload} workload
 * @param {Method} method
 * @param {number} seconds
 */
function load(server, running, workload, method, seconds) {
  const { loadProgram: program } = method;
  const connections = workload.connections ?? method.connections;
  const core = method.pinned ? LOAD_CORE : null;
  return putLoad({ program, server: server.name, port: running.port, workload, connections, seconds, core });
}

/**
 * Reads the counters before and after some load.
 *
 * @param {number} pid
 * @param {boolean} javascript whether the main thread runs JavaScript
 * @param {() => Promise<import("./load.mjs").LoadReport>} run
 * @returns {Promise<Omit<Measurement, "startMs" | "idleKib">>}
 */
async function observe(pid, javascript, run) {
  resetPeakMemory(pid);
  const [busyBefore, wallBefore, threadsBefore] = [
    readBusySeconds(),
    performance.now(),
    readThreadTimes(pid),
  ];
  const report = await run();
  const spent = timeBetween(threadsBefore, readThreadTimes(pid));
  const wallSeconds = (performance.now() - wallBefore) / 1000;
  const busyAfter = readBusySeconds();
  const counted = spent.size > 0;
  const serverSeconds = counted ? totalOf(spent) / 1e9 : null;
  const peak = readPeakMemory(pid);
  return {
    requestsPerSecond: report.requestsPerSecond,
    p50Ms: report.p50Us / 1000,
    p99Ms: report.p99Us / 1000,
    cpuMicros: counted ? totalOf(spent) / 1000 / report.requests : null,
    // The main thread's id is the process's.
    javascriptMicros: counted ? (javascript ? (spent.get(pid) ?? 0) : 0) / 1000 / report.requests : null,
    peakMemoryMib: peak === undefined ? null : peak / 2 ** 20,
    serverCores: serverSeconds === null ? null : serverSeconds / wallSeconds,
    loadCores: report.cpuSeconds === null ? null : report.cpuSeconds / wallSeconds,
    otherCores: otherCores(
      busyBefore,
      busyAfter,
      (serverSeconds ?? 0) + (report.cpuSeconds ?? 0),
      wallSeconds,
    ),
  };
}

/**
 * @param {number | undefined} before
 * @param {number | undefined} after
 * @param {number} ownSeconds of the server and the load
 * @param {number} wallSeconds
 * @returns {number | null}
 */
function otherCores(before, after, ownSeconds, wallSeconds) {
  if (before === undefined || after === undefined) return null;
  // The machine's time is counted in whole ticks, so a quiet machine can come out just below nothing.
  return Math.max(0, (after - before - ownSeconds) / wallSeconds);
}
