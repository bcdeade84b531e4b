import { readFile } from "node:fs/promises";
import { cannotMake, databaseOf } from "../harness/database.mjs";

const TABLES = "the table bench_rows";

/**
 * The database of the run, with the benchmark's table in it.
 *
 * Errors: `Problem` without `DATABASE_URL`, or when the table cannot be made.
 *
 * @returns {Promise<string>} its URL
 */
export async function prepareDatabase() {
  const url = databaseOf("sqldb", TABLES);
  // Not until now: the clients are installed by then.
  const { runScript } = await import("../peers/src/pg-client.mjs");
  const script = await readFile(new URL("bench_rows.sql", import.meta.url), "utf8");
  try {
    await runScript(url, script);
  } catch (error) {
    throw cannotMake(TABLES, error);
  }
  return url;
}
