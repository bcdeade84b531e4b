import { median, valuesOf } from "../harness/statistics.mjs";
import { narrowTable, originLine, significant } from "./block.mjs";
import { measurementsOf, summariesOf } from "./results.mjs";

/** @typedef {import("./results.mjs").Results} Results */

const SUBJECT = "twinloop";
const ROW_SERVERS = {
  hyper: "bare Hyper",
  "bun-sql": "Bun.sql",
  "node-http-pg": "pg",
  "node-http-postgres": "postgres.js",
};

/**
 * The block of what lies behind requests: rows over HTTP, queries, and messages, beside the clients that Node programs use.
 *
 * @param {Results} sqldb
 * @param {Results} pubsub
 */
export function clientBlock(sqldb, pubsub) {
  const rows = [
    ["", "Twinloop", "the peers"],
    rowsRow(sqldb),
    clientRow(sqldb, "20x6", "one query of 20 rows × 6, JS-thread µs", javascript),
    ...["publish", "publish in batches", "consume"].flatMap((verb) => messageRows(pubsub, verb)),
  ];
  return `${originLine(sqldb)}\n\n${narrowTable(rows)}`;
}

/** @param {Results} results @returns {string[]} */
function rowsRow(results) {
  const servers = summariesOf(results).get("rows") ?? new Map();
  const show = (/** @type {string} */ name) => {
    const { cpuMicros = null, javascriptMicros = null } = servers.get(name) ?? {};
    const thread =
      name === SUBJECT && javascriptMicros !== null ? ` (${significant(javascriptMicros, 2)})` : "";
    return cpuMicros === null ? "-" : `${significant(cpuMicros, 2)}${thread}`;
  };
  const peers = Object.entries(ROW_SERVERS).map(([name, title]) => `${title} ${show(name)}`);
  return ["20 rows over HTTP, CPU-µs (JS thread)", show(SUBJECT), peers.join(", ")];
}

/** @param {Results} results @param {string} verb @returns {string[][]} a row for each store that was measured */
function messageRows(results, verb) {
  return ["rabbitmq", "postgres", "embedded"].flatMap((store) => {
    const workload = `${store}: ${verb}`;
    if (!measurementsOf(results).has(workload)) return [];
    return [clientRow(results, workload, `${workload}, messages/s (CPU-µs, JS thread µs)`, messages)];
  });
}

/** @param {Results} results @param {string} workload @param {string} title @param {(measured: any[]) => string} show */
function clientRow(results, workload, title, show) {
  const clients = measurementsOf(results).get(workload) ?? {};
  const peers = Object.entries(clients).filter(([name]) => name !== SUBJECT);
  const own = clients[SUBJECT];
  const texts = peers.map(([name, measured]) => `${name} ${show(measured)}`);
  return [title, own ? show(own) : "-", texts.join(", ") || "-"];
}

/** @param {any[]} measured @param {string} figure @param {number} digits */
function middle(measured, figure, digits) {
  const value = median(valuesOf(measured, figure));
  return value === null ? "-" : significant(value, digits);
}

/** @param {any[]} measured */
const javascript = (measured) => middle(measured, "javascriptMicros", 2);

/** @param {any[]} measured */
const messages = (measured) =>
  `${middle(measured, "messagesPerSecond", 2)} (${middle(measured, "cpuMicros", 2)}, ${middle(measured, "javascriptMicros", 2)})`;
