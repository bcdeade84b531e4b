import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The checkout's root folder, without a slash at its end. */
export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[\\/]$/, "");

/**
 * The result of a command. `code` is 127 when the program was not found, and 1, with `signal` set, when the program was
 * killed.
 *
 * @typedef {{ code: number, signal: NodeJS.Signals | null, stdout: string, stderr: string }} CommandResult
 */

/**
 * How to run a command. `stdout`/`stderr`: `"show"` leaves the stream on the terminal, `"keep"` collects it,
 * `"both"` does both; default `"keep"`. `cwd` is the root unless given; `env` is added to the present one.
 *
 * @typedef {"show" | "keep" | "both"} StreamUse
 * @typedef {{ cwd?: string, env?: Record<string, string>, stdout?: StreamUse, stderr?: StreamUse }} CommandOptions
 */

/**
 * Runs a program to its end. Never rejects: a program that does not exist is a result with code 127.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {CommandOptions} [options]
 * @returns {Promise<CommandResult>}
 */
export function runCommand(program, args, options = {}) {
  const { cwd = root, env = {}, stdout = "keep", stderr = "keep" } = options;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", stdout === "show" ? "inherit" : "pipe", stderr === "show" ? "inherit" : "pipe"],
      // npm and pnpm are .cmd files on Windows, which only a shell can start.
      shell: process.platform === "win32",
    });
    const kept = { stdout: "", stderr: "" };
    collect(child.stdout, stdout, process.stdout, (text) => (kept.stdout += text));
    collect(child.stderr, stderr, process.stderr, (text) => (kept.stderr += text));
    child.on("error", (error) => {
      const missing = /** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT";
      resolve({ code: missing ? 127 : 126, signal: null, stdout: kept.stdout, stderr: error.message });
    });
    child.on("close", (code, signal) => resolve({ code: code ?? 1, signal, ...kept }));
  });
}

/**
 * @param {import("node:stream").Readable | null} stream null when the child writes to the terminal itself
 * @param {StreamUse} use
 * @param {NodeJS.WriteStream} terminal
 * @param {(text: string) => void} keep
 */
function collect(stream, use, terminal, keep) {
  stream?.setEncoding("utf8").on("data", (/** @type {string} */ text) => {
    keep(text);
    if (use === "both") terminal.write(text);
  });
}
