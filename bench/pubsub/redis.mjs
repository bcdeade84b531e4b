import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Problem } from "../../tools/setup/problem.mjs";
import { freePort } from "../harness/server-process.mjs";

const READY_WITHIN_MS = 10_000;
const TICK_MS = 50;

/** When Redis syncs its file: each second, or before it confirms anything. @typedef {"everysec" | "always"} Syncs */

/**
 * Starts a Redis of its own for the run, which appends what it is told to a file and syncs that: each second, as BullMQ's
 * documentation wants of a queue, or always, as PostgreSQL does.
 *
 * Shape:  -> its URL, and `stop`, which removes its file too.
 * Errors: `Problem` where no redis-server is installed, or where it does not answer.
 *
 * @param {Syncs} syncs
 * @returns {Promise<{ url: string, stop: () => void }>}
 */
export async function startRedis(syncs) {
  const folder = mkdtempSync(join(tmpdir(), "twinloop-bench-redis-"));
  const port = await freePort();
  const settings = ["--bind", "127.0.0.1", "--port", String(port), "--dir", folder, "--save", ""];
  const durable = ["--appendonly", "yes", "--appendfsync", syncs, "--maxmemory-policy", "noeviction"];
  const server = spawn("redis-server", [...settings, ...durable], { stdio: "ignore" });
  let failed = "";
  server.on("error", (error) => (failed = error.message));
  const stop = () => {
    server.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  for (const deadline = Date.now() + READY_WITHIN_MS; !(await answers(port)); await sleep(TICK_MS)) {
    if (failed === "" && server.exitCode === null && Date.now() < deadline) continue;
    stop();
    throw new Problem(
      `redis-server did not start (${failed || "no answer"}), which BullMQ needs: install it, or choose other workloads with --workloads.`,
    );
  }
  return { url: `redis://127.0.0.1:${port}`, stop };
}

/** @param {number} port @returns {Promise<boolean>} */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => socket.end(() => resolve(true)));
    socket.once("error", () => resolve(false));
  });
}
