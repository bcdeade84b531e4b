import { withSslMode } from "../harness/database.mjs";
import { middlePath, MIDDLE_ANSWER } from "./app-source.mjs";
import { brokerEnv, endpointsApp } from "./parts.mjs";
import { peerWith, twinloopWith } from "./servers.mjs";

/** @typedef {import("../harness/server-list.mjs").Server} Server */
/** @typedef {{ step: string, servers: readonly Server[], variant: import("../harness/workload.mjs").Variant }} Step */

/**
 * Something that grows, in steps; each step has the same servers.
 *
 * @typedef {{ title: string, steps: readonly Step[] }} Growth
 */

const ENDPOINTS = [1, 30, 300, 3_000];
const CONNECTIONS = [0, 100, 1_000, 10_000];
const INFRASTRUCTURE = [0, 10, 100];
/** Endpoints of the servers on which connections and infrastructure grow. */
const BESIDE = 30;

/** One request of an endpoint in the middle of the table. @type {import("../harness/workload.mjs").Workload} */
export const middleRequest = {
  name: "cost",
  method: "GET",
  target: middlePath(BESIDE),
  headers: {},
  body: "",
  status: 200,
  answer: MIDDLE_ANSWER,
  handled: true,
};

const text = (/** @type {number} */ number) => number.toLocaleString("en");

/**
 * Everything that grows.
 *
 * @param {import("./parts.mjs").BuildApp} build
 * @param {string} databaseUrl
 * @returns {Promise<readonly Growth[]>}
 */
export async function growths(build, databaseUrl) {
  return [
    { title: "endpoints", steps: await Promise.all(ENDPOINTS.map((count) => endpointsStep(build, count))) },
    {
      title: "idle connections",
      steps: await Promise.all(CONNECTIONS.map((count) => connectionsStep(build, count))),
    },
    {
      title: "subscriptions and cron jobs",
      steps: await Promise.all(INFRASTRUCTURE.map((count) => infrastructureStep(build, count, databaseUrl))),
    },
  ];
}

/** @param {import("./parts.mjs").BuildApp} build @param {number} endpoints @returns {Promise<Step>} */
async function endpointsStep(build, endpoints) {
  return {
    step: text(endpoints),
    servers: [
      twinloopWith(await build(endpointsApp(endpoints))),
      peerWith("fastify", { endpoints }),
      peerWith("hono", { endpoints }),
      peerWith("express", { endpoints }),
      peerWith("elysia", { endpoints }),
    ],
    variant: { target: middlePath(endpoints) },
  };
}

/** @param {import("./parts.mjs").BuildApp} build @param {number} idleConnections @returns {Promise<Step>} */
async function connectionsStep(build, idleConnections) {
  const endpoints = BESIDE;
  return {
    step: text(idleConnections),
    servers: [
      twinloopWith(await build(endpointsApp(endpoints))),
      peerWith("fastify", { endpoints }),
      peerWith("elysia", { endpoints }),
    ],
    variant: { idleConnections },
  };
}

/**
 * The step of so many subscriptions and cron jobs, and a database; none of it in the first step.
 *
 * @param {import("./parts.mjs").BuildApp} build
 * @param {number} count
 * @param {string} databaseUrl
 * @returns {Promise<Step>}
 */
async function infrastructureStep(build, count, databaseUrl) {
  const endpoints = BESIDE;
  const step = text(count);
  if (count === 0) {
    const servers = [twinloopWith(await build(endpointsApp(endpoints))), peerWith("fastify", { endpoints })];
    return { step, servers, variant: {} };
  }
  const env = { ...brokerEnv(), DATABASE_URL: withSslMode(databaseUrl) };
  const app = {
    name: `infrastructure-${count}`,
    endpoints,
    subscriptions: count,
    cronJobs: count,
    database: true,
  };
  const peer = { endpoints, subscriptions: count, cronJobs: count };
  return {
    step,
    servers: [twinloopWith(await build(app), env), peerWith("fastify", peer, env)],
    variant: {},
  };
}
