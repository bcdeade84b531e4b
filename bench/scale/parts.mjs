import { openIdleConnections } from "../harness/idle-connections.mjs";
import { brokerUrl } from "../pubsub/stores.mjs";
import { openEcho } from "../websocket/echo-connection.mjs";
import { bareHyper, peerWith, twinloopEchoes, twinloopWith } from "./servers.mjs";

/** @typedef {import("../harness/server-list.mjs").Server} Server */
/** @typedef {(shape: Partial<import("./app-source.mjs").AppShape> & { name: string }) => Promise<string>} BuildApp builds an app and gives its entry */

/**
 * A part that lets many of a thing stand: `servers` have the thing from the start, unless `occupy` opens it on them.
 *
 * @typedef {object} StandingPart
 * @property {string} name
 * @property {string} title
 * @property {number} count
 * @property {(build: BuildApp) => Promise<readonly Server[]>} servers
 * @property {(running: import("../harness/server-process.mjs").RunningServer) => Promise<import("./standing.mjs").Standing>} [occupy]
 */

const CONNECTIONS = 10_000;
const WEBSOCKETS = 1_000;
const SUBSCRIPTIONS = 100;
const ENDPOINTS = 300;
const OPENED_AT_ONCE = 50;

/** The apps of Twinloop, each built once. */
const NOTHING = { name: "nothing" };
export const endpointsApp = (/** @type {number} */ endpoints) => ({
  name: `endpoints-${endpoints}`,
  endpoints,
});
const SUBSCRIBING = { name: `subscriptions-${SUBSCRIPTIONS}`, subscriptions: SUBSCRIPTIONS };

/** The environment of servers with subscriptions. */
export const brokerEnv = () => ({ AMQP_URL: brokerUrl(), PUBSUB_URL: brokerUrl() });

/** Servers without anything, with which those are compared that have many from the start. @type {StandingPart} */
export const nothingPart = {
  name: "nothing",
  title: "Nothing but one endpoint",
  count: 0,
  servers: async (build) => [
    twinloopWith(await build(NOTHING)),
    peerWith("fastify"),
    peerWith("hono"),
    peerWith("express"),
    peerWith("elysia"),
  ],
};

/** @type {readonly StandingPart[]} */
export const standingParts = [
  {
    name: "connections",
    title: `${CONNECTIONS.toLocaleString("en")} idle connections, each used once`,
    count: CONNECTIONS,
    servers: async (build) => [
      bareHyper,
      twinloopWith(await build(NOTHING)),
      peerWith("node-http"),
      peerWith("fastify"),
      peerWith("express"),
      peerWith("elysia"),
    ],
    occupy: (running) => openIdleConnections(running, CONNECTIONS),
  },
  {
    name: "websockets",
    title: `${WEBSOCKETS.toLocaleString("en")} WebSockets, each used once`,
    count: WEBSOCKETS,
    servers: async () => [twinloopEchoes, peerWith("ws"), peerWith("bun-websocket")],
    occupy: openWebSockets,
  },
  {
    name: "subscriptions",
    title: `${SUBSCRIPTIONS} subscriptions of RabbitMQ`,
    count: SUBSCRIPTIONS,
    servers: async (build) => [
      twinloopWith(await build(SUBSCRIBING), brokerEnv()),
      peerWith("fastify", { subscriptions: SUBSCRIPTIONS }, brokerEnv()),
    ],
  },
  {
    name: "endpoints",
    title: `${ENDPOINTS} endpoints`,
    count: ENDPOINTS,
    servers: async (build) => [
      twinloopWith(await build(endpointsApp(ENDPOINTS))),
      peerWith("fastify", { endpoints: ENDPOINTS }),
      peerWith("hono", { endpoints: ENDPOINTS }),
      peerWith("express", { endpoints: ENDPOINTS }),
      peerWith("elysia", { endpoints: ENDPOINTS }),
    ],
  },
];

/** @param {import("../harness/server-process.mjs").RunningServer} running */
async function openWebSockets({ port }) {
  const url = new URL(`http://127.0.0.1:${port}/echo`);
  /** @type {import("../websocket/echo-connection.mjs").EchoConnection[]} */
  const all = [];
  while (all.length < WEBSOCKETS) {
    const more = Array.from({ length: Math.min(OPENED_AT_ONCE, WEBSOCKETS - all.length) }, async () => {
      const echo = await openEcho(url, "once");
      await echo.exchange();
      return echo;
    });
    all.push(...(await Promise.all(more)));
  }
  return {
    open: () => all.filter((echo) => echo.isOpen()).length,
    close: () => all.forEach((echo) => echo.close()),
  };
}
