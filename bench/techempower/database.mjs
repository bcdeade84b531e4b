import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { cannotMake, databaseOf } from "../harness/database.mjs";

const TABLES = "the tables bench_world and bench_fortune";

/** PostgreSQL's own counts of what was done with the tables. */
const COUNTS = `
  select
    (select coalesce(idx_scan, 0) + seq_scan from pg_stat_user_tables where relid = 'bench_world'::regclass) as "worldReads",
    (select n_tup_upd from pg_stat_user_tables where relid = 'bench_world'::regclass) as "worldUpdates",
    (select coalesce(idx_scan, 0) + seq_scan from pg_stat_user_tables where relid = 'bench_fortune'::regclass) as "fortuneReads"`;

/** A backend reports its counts when it ends, and the server ends it a moment after its client. */
const REPORT_LIMIT_MS = 3_000;

/** @typedef {{ worldReads: number, worldUpdates: number, fortuneReads: number }} Counts */

/**
 * The tables of the kinds in the database of the run.
 *
 * @typedef {object} Tables
 * @property {string} url
 * @property {readonly { id: number, message: string }[]} fortunes what the table of fortunes holds
 * @property {(text: string, values?: unknown[]) => Promise<any[]>} query
 * @property {(count: (counts: Counts) => number, each: number, what: string) => import("../harness/workload.mjs").Workload["audit"]} auditOf
 *   makes the audit of a kind whose requests each cause so much of a count
 * @property {() => Promise<void>} close
 */

/**
 * Makes the tables in the database of `DATABASE_URL`, which stay there for the next run.
 *
 * Errors: `Problem` without the variable, or when the tables cannot be made.
 *
 * @returns {Promise<Tables>}
 */
export async function openTables() {
  const url = databaseOf("techempower", TABLES);
  // Not until now: the clients are installed by then.
  const { openConnection } = await import("../peers/src/pg-client.mjs");
  const script = await readFile(new URL("tables.sql", import.meta.url), "utf8");
  try {
    const { query, close } = await openConnection(url);
    await query(script);
    const fortunes = await query("select id, message from bench_fortune");
    return { url, fortunes, query, auditOf: (...kind) => auditOf(query, ...kind), close };
  } catch (error) {
    throw cannotMake(TABLES, error);
  }
}

/**
 * Holds the answers of a run to what PostgreSQL counted meanwhile: rows out of a cache would be missing there.
 *
 * @param {Tables["query"]} query
 * @param {(counts: Counts) => number} count
 * @param {number} each
 * @param {string} what
 */
const auditOf = (query, count, each, what) => async () => {
  const read = async () => count(numbersOf((await query(COUNTS))[0]));
  const before = await read();
  return async (/** @type {number} */ answered) => {
    const wanted = Math.floor(answered * each);
    const deadline = performance.now() + REPORT_LIMIT_MS;
    let counted = (await read()) - before;
    while (counted < wanted && performance.now() < deadline) {
      await sleep(50);
      counted = (await read()) - before;
    }
    return counted < wanted ? `PostgreSQL counted ${counted} ${what}, not ${wanted}` : undefined;
  };
};

/** Counts are bigints, which the client gives as text. @param {Record<string, string>} row @returns {Counts} */
function numbersOf(row) {
  const numbers = Object.entries(row).map(([name, value]) => [name, Number(value)]);
  return /** @type {any} */ (Object.fromEntries(numbers));
}
