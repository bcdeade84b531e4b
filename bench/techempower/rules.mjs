import { setTimeout as sleep } from "node:timers/promises";
import { Problem } from "../../tools/setup/problem.mjs";
import { checkAnswers } from "../harness/correctness.mjs";
import { sendRequest } from "../harness/http-request.mjs";
import { startServer } from "../harness/server-process.mjs";
import { fortunesFaults, headerFaults, worldsFaults } from "./answers.mjs";

/** What a request may ask for, and how many rows it must get. */
const COUNTS = /** @type {const} */ ([
  ["?queries=1", 1],
  ["?queries=2", 2],
  ["?queries=500", 500],
  ["?queries=501", 500],
  ["?queries=0", 1],
  ["?queries=-1", 1],
  ["?queries=foo", 1],
  ["?queries=", 1],
  ["", 1],
]);
/** Longer than the second that a date counts. */
const DATE_MOVES_MS = 1_100;
const ASKS = 20;
/** A hundred times what the slowest server takes for 500 rows. */
const LONGEST_MS = 20_000;

/**
 * Holds each server to the public rules, before anything is measured: headers, counts of queries, escapes and order of fortunes,
 * rows that are read and written, and nothing out of a cache.
 *
 * Errors: `Problem` with everything that a server does otherwise.
 *
 * @param {readonly import("../harness/rounds.mjs").Contender[]} contenders
 * @param {readonly import("../harness/workload.mjs").Workload[]} kinds
 * @param {import("./database.mjs").Tables} tables
 * @param {Record<string, string | undefined>} env
 */
export async function holdToRules(contenders, kinds, tables, env) {
  for (const { server, command } of contenders) {
    const running = await startServer(server.name, command, { core: null, env: { ...env, ...server.env } });
    try {
      await checkAnswers(server.name, running.port, kinds);
      const faults = await faultsOf(running.port, tables);
      if (faults.length > 0)
        throw new Problem(
          `The server ${server.name} breaks the rules:\n${faults.map((fault) => `  ${fault}`).join("\n")}`,
        );
    } finally {
      await running.stop();
    }
    console.log(`  ${server.name} keeps the rules`);
  }
}

/**
 * Finds what a server does against the rules that no single answer shows.
 *
 * @param {number} port
 * @param {import("./database.mjs").Tables} tables
 * @returns {Promise<string[]>}
 */
export async function faultsOf(port, tables) {
  const ask = (/** @type {string} */ target) => sendRequest(port, { target, timeoutMs: LONGEST_MS });
  const found = [
    ...(await countFaults(ask, "/queries")),
    ...(await countFaults(ask, "/updates")),
    ...(await updateFaults(ask, tables)),
    ...(await randomFaults(ask)),
    ...(await fortuneFaults(ask, tables)),
    ...(await dateFaults(ask)),
  ];
  return found;
}

/** @typedef {(target: string) => Promise<import("../harness/http-request.mjs").Answer>} Ask */

/** @param {Ask} ask @param {string} path */
async function countFaults(ask, path) {
  const found = [];
  for (const [query, count] of COUNTS) {
    const faults = worldsFaults(await ask(`${path}${query}`), count);
    found.push(...faults.map((fault) => `${path}${query}: ${fault}`));
  }
  return found;
}

/** What an answer says must stand in the table. @param {Ask} ask @param {import("./database.mjs").Tables} tables */
async function updateFaults(ask, { query }) {
  const { text } = await ask("/updates?queries=500");
  const rows = /** @type {{ id: number, randomNumber: number }[]} */ (JSON.parse(text));
  const stored = await query("select id, random_number from bench_world where id = any($1)", [
    rows.map(({ id }) => id),
  ]);
  const numbers = new Map(stored.map(({ id, random_number: number }) => [id, number]));
  const lost = rows.filter(({ id, randomNumber }) => numbers.get(id) !== randomNumber);
  return lost.length === 0 ? [] : [`/updates: ${lost.length} of 500 rows were not written as answered`];
}

/** @param {Ask} ask */
async function randomFaults(ask) {
  const ids = new Set();
  for (let asked = 0; asked < ASKS; asked += 1) ids.add(JSON.parse((await ask("/db")).text).id);
  return ids.size > 1 ? [] : [`/db: the same row ${ASKS} times`];
}

/** A fortune that has just been written must be on the page. @param {Ask} ask @param {import("./database.mjs").Tables} tables */
async function fortuneFaults(ask, { query, fortunes }) {
  const more = { id: 13, message: "B & <b>b</b>" };
  await query("insert into bench_fortune values ($1, $2)", [more.id, more.message]);
  try {
    const faults = fortunesFaults(await ask("/fortunes"), [...fortunes, more]);
    return faults.map((fault) => `/fortunes, with one row more: ${fault}`);
  } finally {
    await query("delete from bench_fortune where id = $1", [more.id]);
  }
}

/** @param {Ask} ask */
async function dateFaults(ask) {
  const first = await ask("/json");
  await sleep(DATE_MOVES_MS);
  const second = await ask("/json");
  const stands = first.headers["date"] === second.headers["date"];
  return [...headerFaults(second, "json"), ...(stands ? ["the date stands still"] : [])];
}
