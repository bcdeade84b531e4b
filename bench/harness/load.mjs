import { runCommand } from "../../tools/setup/command.mjs";
import { Problem } from "../../tools/setup/problem.mjs";
import { pinned } from "./pinning.mjs";

/**
 * The counts of the load generator; times in microseconds, `cpuSeconds` its own processor time.
 *
 * @typedef {object} LoadReport
 * @property {number} requests
 * @property {number} requestsPerSecond
 * @property {number} p50Us
 * @property {number} p99Us
 * @property {number} maxUs
 * @property {Record<string, number>} statuses
 * @property {number} bytes
 * @property {number} errors
 * @property {string | null} firstError
 * @property {number} connections
 * @property {number} seconds
 * @property {number | null} cpuSeconds
 */

/**
 * Puts load on a server.
 *
 * Errors: `Problem` when the generator fails, or when any answer was not the one the workload asks for.
 *
 * @param {object} options
 * @param {string} options.program path of the load generator
 * @param {string} options.server for messages
 * @param {number} options.port
 * @param {import("./workload.mjs").Workload} options.workload
 * @param {number} options.connections
 * @param {number} options.seconds
 * @param {number | null} options.core null for no pinning
 * @returns {Promise<LoadReport>}
 */
export async function putLoad({ program, server, port, workload, connections, seconds, core }) {
  const command = [program, `http://127.0.0.1:${port}${workload.target}`];
  command.push("--method", workload.method, "--body", workload.body);
  command.push("--connections", String(connections), "--seconds", String(seconds));
  if (workload.pipeline !== undefined) command.push("--pipeline", String(workload.pipeline));
  for (const [name, value] of Object.entries(workload.headers)) command.push("--header", `${name}: ${value}`);
  const [first, ...args] = pinned(command, core);
  const result = await runCommand(first, args);
  if (result.code !== 0) throw new Problem(`The load on ${server} failed: ${result.stderr.trim()}`);
  const report = JSON.parse(result.stdout);
  const wrong = unexpected(report, workload.status);
  if (wrong !== undefined)
    throw new Problem(`${server} did not bear the load of ${workload.name}: ${wrong}.`);
  return report;
}

/**
 * Tells what is wrong with a run, if anything.
 *
 * @param {Pick<LoadReport, "requests" | "statuses" | "errors" | "firstError">} report
 * @param {number} status the only one that is right
 * @returns {string | undefined}
 */
export function unexpected({ requests, statuses, errors, firstError }, status) {
  if (errors > 0) return `${errors} of its answers failed, the first one because ${firstError}`;
  if (requests === 0) return "it answered nothing";
  const others = Object.entries(statuses).filter(([code]) => code !== String(status));
  if (others.length === 0) return undefined;
  return `it answered ${others.map(([code, count]) => `${count} times ${code}`).join(" and ")}, not ${status}`;
}
