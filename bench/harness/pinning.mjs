import { availableParallelism } from "node:os";
import { runCommand } from "../../tools/setup/command.mjs";

/** The cores of the server and of the load generator. */
export const SERVER_CORE = 0;
export const LOAD_CORE = 1;

/**
 * Tells why programs cannot be pinned to cores on this machine; null when they can.
 *
 * @returns {Promise<string | null>}
 */
export async function pinningObstacle() {
  if (availableParallelism() < 2) return "there is only one core";
  const { code } = await runCommand("taskset", ["-c", String(LOAD_CORE), process.execPath, "--version"]);
  return code === 0 ? null : "`taskset` is missing (Linux: package util-linux)";
}

/**
 * Makes a command that runs on one core alone. `taskset` replaces itself by the program, so the process id stays.
 *
 * @param {string[]} command
 * @param {number | null} core null leaves the command as it is
 * @returns {[program: string, ...args: string[]]}
 */
export function pinned(command, core) {
  const [program = "", ...args] = core === null ? command : ["taskset", "-c", String(core), ...command];
  return [program, ...args];
}
