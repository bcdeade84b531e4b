import { limitServer, onBun, onNode, twinloopServer } from "../harness/server-list.mjs";

/** Connections and idle times beyond Twinloop's defaults, which close what stands longer than 75 s, and refuse the 10,001st. */
const LIMITS = { TWINLOOP_CONNECTIONS: "20000", TWINLOOP_IDLE_TIMEOUT: "10m" };

/** @typedef {import("../harness/server-list.mjs").Server} Server */

const node = {
  "node-http": { ...onNode("scale-node-http", "node:http", undefined), name: "node-http" },
  fastify: { ...onNode("scale-fastify", "Fastify 5 + its schema", "fastify"), name: "fastify" },
  express: { ...onNode("scale-express", "Express 5 + zod", "express"), name: "express" },
  hono: { ...onNode("scale-hono", "Hono on Node + zod", "hono"), name: "hono" },
  elysia: { ...onBun("scale-elysia", "Elysia on Bun", "elysia"), name: "elysia" },
  ws: onNode("ws", "node:http + ws", "ws"),
  "bun-websocket": onBun("bun-websocket", "Bun.serve", undefined),
};

/** @typedef {keyof typeof node} PeerName */

/** Twinloop and every peer, for `--only`. */
export const allServers = /** @type {readonly Server[]} */ ([
  twinloopServer,
  limitServer,
  ...Object.values(node),
]);

/**
 * Twinloop with an app of the suite.
 *
 * @param {string} entry of the app
 * @param {Record<string, string>} [env]
 * @returns {Server}
 */
export const twinloopWith = (entry, env = {}) => ({
  ...twinloopServer,
  command: () => [process.execPath, entry],
  env: { ...twinloopServer.env, ...LIMITS, ...env },
});

/** Twinloop with the app of the other suites, which has echoes. @type {Server} */
export const twinloopEchoes = { ...twinloopServer, env: { ...twinloopServer.env, ...LIMITS } };

/**
 * A peer with so many endpoints, subscriptions and timers.
 *
 * @param {PeerName} name
 * @param {{ endpoints?: number, subscriptions?: number, cronJobs?: number }} [size]
 * @param {Record<string, string>} [env]
 * @returns {Server}
 */
export function peerWith(name, { endpoints = 0, subscriptions, cronJobs = 0 } = {}, env = {}) {
  const counts = { BENCH_ENDPOINTS: String(endpoints), BENCH_CRON_JOBS: String(cronJobs) };
  const more = subscriptions === undefined ? {} : { BENCH_SUBSCRIPTIONS: String(subscriptions) };
  return { ...node[name], env: { ...counts, ...more, ...env } };
}

/** @type {Server} */
export const bareHyper = limitServer;
