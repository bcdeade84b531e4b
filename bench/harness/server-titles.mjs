/** The server that all of this is about. */
export const SUBJECT = "twinloop";

const TITLES = {
  hyper: "bare Hyper, no JavaScript",
  twinloop: "Twinloop",
  bun: "Bun.serve + zod",
  elysia: "Elysia on Bun",
  "node-http": "node:http, by hand",
  fastify: "Fastify",
  hono: "Hono on Node",
  express: "Express + zod",
  axum: "axum, no JavaScript",
  "elysia-bun-sql": "Elysia + Bun.sql",
  "fastify-postgres": "Fastify + postgres.js",
  "fastify-pg": "Fastify + pg",
  "express-pg": "Express + pg",
  "brahma-pg": "brahma-firelight + pg",
  "fastify-amqplib": "Fastify + pg + amqplib",
};

/** What a chart calls a server. @param {string} server */
export const titleOf = (server) => TITLES[/** @type {keyof typeof TITLES} */ (server)] ?? server;
