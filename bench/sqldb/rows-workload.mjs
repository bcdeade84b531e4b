import { limitServer, onBun, onNode, twinloopServer, unopenedServer } from "../harness/server-list.mjs";

/**
 * The servers of the rows workload, in the order of the tables and of each round.
 *
 * @type {readonly import("../harness/server-list.mjs").Server[]}
 */
export const rowsServers = [
  limitServer,
  twinloopServer,
  unopenedServer,
  onBun("bun-sql", "Bun.serve + Bun.sql", undefined),
  onNode("node-http-postgres", "node:http + postgres.js", "postgres"),
  onNode("node-http-pg", "node:http + pg", "pg"),
];

const AFTER = 100;
const ROWS = 20;

/**
 * The rows workload: 20 rows x 6 columns by a parameterised query.
 *
 * @type {import("../harness/workload.mjs").Workload}
 */
export const rowsWorkload = {
  name: "rows",
  method: "GET",
  target: `/rows?after=${AFTER}`,
  headers: {},
  body: "",
  status: 200,
  answer: JSON.stringify({
    rows: Array.from({ length: ROWS }, (_, index) => expectedRow(AFTER + 1 + index)),
  }),
  handled: true,
};

/** What `bench_rows.sql` puts into the table, as an answer shows it. @param {number} id */
function expectedRow(id) {
  return {
    id: String(id),
    name: `name ${id}`,
    email: `user${id}@example.com`,
    active: id % 3 === 0,
    createdAt: new Date(Date.UTC(2024, 0, 1) + id * 61_250),
    score: id + 0.25,
  };
}
