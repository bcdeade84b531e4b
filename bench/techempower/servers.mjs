import { onBun, onNode, twinloopServer } from "../harness/server-list.mjs";

/**
 * The servers of the kinds, in the order of the tables and of each round. Rust's own answer is the first.
 *
 * @type {readonly import("../harness/server-list.mjs").Server[]}
 */
export const techempowerServers = [
  {
    name: "axum",
    title: "axum + deadpool-postgres, no JavaScript",
    javascript: false,
    from: "limit",
    command: ({ axum }) => [axum],
  },
  { ...twinloopServer, env: { ...twinloopServer.env, BENCH_PART: "techempower" } },
  onBun("elysia-bun-sql", "Elysia on Bun + Bun.sql", "elysia"),
  onNode("fastify-postgres", "Fastify 5 + postgres.js", "postgres"),
  onNode("fastify-pg", "Fastify 5 + pg", "pg"),
  onNode("express-pg", "Express 5 + pg", "pg"),
  // 1.5.20 aborts now and then when clients leave with requests under way, as they do at the end of each load.
  { ...onNode("brahma-pg", "brahma-firelight + pg", "brahma-firelight"), mayEnd: true },
];
