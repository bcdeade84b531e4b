import { fortunesFaults, jsonFaults, plaintextFaults, worldFaults, worldsFaults } from "./answers.mjs";

/** Rows that a request of queries and updates asks for: the most of the public tables. */
const QUERIES = 20;
/** Requests of plaintext that are written at once on a connection, as in the public rounds. */
const PIPELINED = 16;
/** Of the rows that updates must have written: other runs may count between two readings, and PostgreSQL counts late. */
const MARGIN = 0.95;

/**
 * The six kinds, in the order of the public tables, as workloads over a database.
 *
 * Source: TechEmpower, "Framework Tests Overview".
 *
 * @param {import("./database.mjs").Tables} tables
 * @returns {readonly import("../harness/workload.mjs").Workload[]}
 */
export function kindsOver(tables) {
  const reads = (/** @type {number} */ each) =>
    tables.auditOf(({ worldReads }) => worldReads, each, "reads of rows");
  return [
    { ...get("json", "/json"), faults: jsonFaults },
    { ...get("db", "/db"), faults: worldFaults, audit: reads(1) },
    {
      ...get("queries", `/queries?queries=${QUERIES}`),
      faults: (answer) => worldsFaults(answer, QUERIES),
      audit: reads(QUERIES),
    },
    {
      ...get("fortunes", "/fortunes"),
      faults: (answer) => fortunesFaults(answer, tables.fortunes),
      audit: tables.auditOf(({ fortuneReads }) => fortuneReads, 1, "reads of the fortunes"),
    },
    {
      ...get("updates", `/updates?queries=${QUERIES}`),
      faults: (answer) => worldsFaults(answer, QUERIES),
      audit: tables.auditOf(({ worldUpdates }) => worldUpdates, QUERIES * MARGIN, "rows written"),
    },
    { ...get("plaintext", "/plaintext"), faults: plaintextFaults, pipeline: PIPELINED },
  ];
}

/** @param {string} name @param {string} target @returns {import("../harness/workload.mjs").Workload} */
function get(name, target) {
  return { name, method: "GET", target, headers: {}, body: "", status: 200, answer: null, handled: true };
}
