import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { Problem } from "../../tools/setup/problem.mjs";
import { sendRequest } from "./http-request.mjs";
import { pinned } from "./pinning.mjs";

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 5_000;
const KEPT_ERROR_CHARACTERS = 4_000;

/** A server has ended by itself while it was measured. */
export class ServerEnded extends Problem {}

/**
 * A running server. `startMs`: from spawning it to its first answer. `ended`: what it said on stderr, where it has ended by itself.
 *
 * @typedef {{ pid: number, port: number, startMs: number, ended: () => string | undefined, stop: () => Promise<void> }} RunningServer
 */

/**
 * Starts a server and waits for its first answer.
 *
 * Units:  gives up after 60 s.
 * Errors: `Problem` with what the server said on stderr when it ends or stays silent.
 *
 * @param {string} name for messages
 * @param {string[]} command
 * @param {{ core: number | null, env?: Record<string, string | undefined> }} place the core it is pinned to, null for
 *   none; what is added to its environment, or taken out of it where it is undefined
 * @returns {Promise<RunningServer>}
 */
export async function startServer(name, command, { core, env: own = {} }) {
  const port = await freePort();
  const [program, ...args] = pinned(command, core);
  const env = { ...process.env, ...own, HOST: "127.0.0.1", PORT: String(port), NODE_ENV: "production" };
  const startedAt = performance.now();
  const child = spawn(program, args, { env, stdio: ["ignore", "ignore", "pipe"] });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    complaint = (complaint + text).slice(-KEPT_ERROR_CHARACTERS);
  });
  child.on("error", (error) => (complaint += error.message));
  while (!(await answers(port))) {
    const gone = child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
    if (!gone && performance.now() - startedAt < START_LIMIT_MS) {
      await delay(1);
      continue;
    }
    await stopChild(child);
    const what = gone ? "ended before its first answer" : `did not answer within ${START_LIMIT_MS / 1000} s`;
    throw new Problem(`The server ${name} ${what}. It said:\n${complaint.trim() || "(nothing)"}`);
  }
  const startMs = performance.now() - startedAt;
  const ended = () =>
    child.exitCode === null && child.signalCode === null
      ? undefined
      : `code ${child.exitCode}, signal ${child.signalCode}: ${complaint.trim() || "(nothing)"}`;
  return { pid: /** @type {number} */ (child.pid), port, startMs, ended, stop: () => stopChild(child) };
}

/** @param {number} port @returns {Promise<boolean>} */
function answers(port) {
  return sendRequest(port, { target: "/hello", timeoutMs: 1000 }).then(
    () => true,
    () => false,
  );
}

/** @param {import("node:child_process").ChildProcess} child */
async function stopChild(child) {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
  await ended;
  clearTimeout(timer);
}

/**
 * Finds a port that nothing listens on, below the range from which systems take the ports of outgoing connections:
 * there, another program's connection could hold it for a moment.
 */
export async function freePort() {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    if (await isFree(port)) return port;
  }
  throw new Problem("No port from 20000 to 29999 is free on 127.0.0.1.");
}

/** @param {number} port @returns {Promise<boolean>} */
function isFree(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
