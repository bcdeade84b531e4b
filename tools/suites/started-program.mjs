import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

const TICK_MS = 100;

/**
 * Starts a server for the tests, whose folder is deleted when it is stopped.
 *
 * Errors: Error where it ends, or does not answer in time.
 *
 * @param {{ program: string, args?: string[], env?: NodeJS.ProcessEnv, folder: string, answers: () => Promise<boolean>, limitMs: number }} start
 * @returns {Promise<() => Promise<void>>} what stops it
 */
export async function startProgram({ program, args = [], env = process.env, folder, answers, limitMs }) {
  const child = spawn(program, args, { env, stdio: "ignore" });
  const ended = once(child, "exit");
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const deadline = Date.now() + limitMs;
  while (!(await answers())) {
    if (child.exitCode === null && Date.now() < deadline) {
      await delay(TICK_MS);
      continue;
    }
    await stop();
    throw new Error(`${program} is installed but did not start: run it by hand to see why`);
  }
  return stop;
}

/** @returns {Promise<number>} */
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = /** @type {import("node:net").AddressInfo} */ (probe.address());
      probe.close(() => resolve(port));
    });
  });
}
