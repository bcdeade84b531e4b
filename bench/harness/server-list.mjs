import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const bench = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");
const peers = join(bench, "peers");

/**
 * A server of the benchmark.
 *
 * `javascript`: its main thread runs JavaScript. `from`: what has to be prepared before it can run. `command`
 * gives program and arguments, or a sentence that says what is missing.
 *
 * @typedef {object} Server
 * @property {string} name
 * @property {string} title
 * @property {boolean} javascript
 * @property {"twinloop" | "limit" | "peers"} from
 * @property {(programs: import("./rust-programs.mjs").Programs) => string[] | string} command
 * @property {Record<string, string>} [env] added to its environment
 * @property {boolean} [mayEnd] known to end by itself under load: such a measurement is left out, and the run goes on
 */

/**
 * The reference that marks the physical limit.
 *
 * @type {Server}
 */
export const limitServer = {
  name: "hyper",
  title: "bare Hyper, no JavaScript",
  javascript: false,
  from: "limit",
  command: ({ limit }) => [limit],
};

/**
 * What is measured.
 *
 * @type {Server}
 */
export const twinloopServer = {
  name: "twinloop",
  title: "Twinloop",
  javascript: true,
  from: "twinloop",
  command: () => [process.execPath, join(bench, "servers/twinloop.mjs")],
  // No server logs its requests here; what that costs is the telemetry suite's.
  env: { ACCESS_LOG: "off" },
};

/**
 * What is measured, with rows that JavaScript does not open.
 *
 * @type {Server}
 */
export const unopenedServer = {
  ...twinloopServer,
  name: "twinloop-unopened",
  title: "Twinloop, rows unopened",
  env: { ...twinloopServer.env, BENCH_ROWS: "unopened" },
};

/**
 * Puts the Twinloop of another checkout behind this one's, if one is named.
 *
 * @param {readonly Server[]} all
 * @param {string} folder empty for none
 * @returns {readonly Server[]}
 */
export function beside(all, folder) {
  if (folder === "") return all;
  const entry = resolve(folder, "bench/servers/twinloop.mjs");
  const command = () =>
    existsSync(entry) ? [process.execPath, entry] : `${entry} is not there: name the root of a checkout`;
  const other = { ...twinloopServer, name: "beside", title: `the Twinloop of ${folder}`, command };
  return all.flatMap((server) => (server.name === twinloopServer.name ? [server, other] : [server]));
}

/**
 * Every server of the `api` suite, in the order of the tables and of each round.
 *
 * @type {readonly Server[]}
 */
export const servers = [
  limitServer,
  twinloopServer,
  onNode("node-http", "node:http, checked by hand", undefined),
  onNode("fastify", "Fastify 5 + its schema", "fastify"),
  onNode("hono", "Hono on node + zod", "hono"),
  onNode("express", "Express 5 + zod", "express"),
  onBun("bun", "Bun.serve + zod", "zod"),
  onBun("elysia", "Elysia on Bun + t", "elysia"),
];

/**
 * @param {string} name
 * @param {string} title
 * @param {string | undefined} dependency
 * @returns {Server}
 */
export function onNode(name, title, dependency) {
  const command = () => notInstalled(dependency) ?? [process.execPath, join(peers, `src/${name}.mjs`)];
  return { name, title, javascript: true, from: "peers", command };
}

/**
 * @param {string} name
 * @param {string} title
 * @param {string | undefined} dependency
 * @returns {Server}
 */
export function onBun(name, title, dependency) {
  const command = () => {
    const missing = notInstalled(dependency);
    if (missing !== undefined) return missing;
    const program = bunProgram();
    if (!existsSync(program))
      return `there is no Bun for ${process.platform} ${process.arch} among the peers`;
    return [program, join(peers, `src/${name}.mjs`)];
  };
  return { name, title, javascript: true, from: "peers", command };
}

/** @param {string | undefined} dependency @returns {string | undefined} */
function notInstalled(dependency) {
  if (dependency === undefined || existsSync(join(peers, "node_modules", dependency))) return undefined;
  return `${dependency} is not installed: run \`pnpm install\` in the checkout`;
}

/** The binary out of Bun's package for this platform: its main package would download it by an install script. */
function bunProgram() {
  const architecture = process.arch === "arm64" ? "aarch64" : process.arch;
  const name = process.platform === "win32" ? "bun.exe" : "bun";
  return join(peers, `node_modules/@oven/bun-${process.platform}-${architecture}/bin/${name}`);
}
