import { narrowTable, originLine, significant } from "./block.mjs";
import { summariesOf } from "./results.mjs";

/** @typedef {import("./results.mjs").Results} Results */
/** @typedef {import("../harness/figures.mjs").Summary} Summary */

const LIMIT_FIRST = ["hyper", "axum"];
const SUBJECT = "twinloop";

/** Titles of the servers in documents, which are longer than those of charts. */
const TITLES = /** @type {Record<string, string>} */ ({
  hyper: "bare Hyper, no JavaScript: the limit",
  twinloop: "Twinloop",
  elysia: "Elysia on Bun",
  bun: "Bun.serve, zod 4",
  "node-http": "node:http, checks by hand",
  fastify: "Fastify 5, ajv",
  hono: "Hono on Node, zod 4",
  express: "Express 5, zod 4",
  axum: "axum + deadpool-postgres, no JavaScript",
  "elysia-bun-sql": "Elysia on Bun, Bun.sql",
  "fastify-postgres": "Fastify 5, postgres.js",
  "fastify-pg": "Fastify 5, pg",
  "express-pg": "Express 5, pg",
  "brahma-pg": "brahma-firelight, pg",
});

/** The block of the api suite: three workloads beside all servers. @param {Results} results */
export const apiBlock = (results) =>
  block(results, [
    ["hello", "hello"],
    ["schema", "validated POST"],
    ["reject", "malformed POST"],
  ]);

/** The block of the techempower suite: six kinds beside all servers. @param {Results} results */
export const techempowerBlock = (results) =>
  block(
    results,
    ["json", "db", "queries", "fortunes", "updates", "plaintext"].map((name) => [name, name]),
  );

/**
 * A table of CPU µs and requests/s: the limit first, then Twinloop with its JavaScript thread, then the peers from the cheapest on.
 *
 * @param {Results} results
 * @param {readonly string[][]} columns name and title of each workload
 */
function block(results, columns) {
  const summaries = summariesOf(results);
  const of = (/** @type {string} */ server) => columns.map(([name = ""]) => summaries.get(name)?.get(server));
  const names = [...new Set([...summaries.values()].flatMap((servers) => [...servers.keys()]))];
  const cost = (/** @type {string} */ server) => of(server)[0]?.cpuMicros ?? Number.POSITIVE_INFINITY;
  const peers = names
    .filter((name) => name !== SUBJECT && !LIMIT_FIRST.includes(name))
    .sort((one, other) => cost(one) - cost(other));
  const rows = [...names.filter((name) => LIMIT_FIRST.includes(name)), SUBJECT, ...peers].flatMap((name) => {
    const bold = name === SUBJECT ? "**" : "";
    const row = [TITLES[name] ?? name, ...of(name).map(cell)].map((text) => `${bold}${text}${bold}`);
    if (name !== SUBJECT) return [row];
    return [row, ["… of it on the JavaScript thread", ...of(name).map(javascript)]];
  });
  const head = ["CPU-µs per request (requests/s)", ...columns.map(([, title = ""]) => title)];
  return `${originLine(results)}\n\n${narrowTable([head, ...rows])}`;
}

/** @param {Summary | undefined} summary */
function cell(summary) {
  if (!summary || summary.cpuMicros === null) return "-";
  return `${significant(summary.cpuMicros, 2)} (${significant(summary.requestsPerSecond ?? 0, 3)})`;
}

/** @param {Summary | undefined} summary */
const javascript = (summary) =>
  summary?.javascriptMicros === null || summary === undefined
    ? "-"
    : significant(summary.javascriptMicros, 2);
