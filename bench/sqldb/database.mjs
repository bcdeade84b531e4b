import { readFile } from "node:fs/promises";
import { Problem } from "../../tools/setup/problem.mjs";

/**
 * The database of the run, with the benchmark's table in it: the one of `DATABASE_URL`.
 *
 * Where the URL does not say, nothing is encrypted: some clients would by default and others would not, and each must do
 * the same work.
 *
 * Errors: `Problem` without the variable, or when the table cannot be made.
 *
 * @returns {Promise<string>} its URL
 */
export async function prepareDatabase() {
  const given = process.env["DATABASE_URL"];
  if (!given) {
    throw new Problem(
      "The sqldb suite needs a PostgreSQL to measure with: set DATABASE_URL to postgres://user:password@host:5432/database. " +
        "It makes the table bench_rows there, and leaves it for the next run.",
    );
  }
  const url = withSslMode(given);
  // Not until now: the clients are installed by then.
  const { runScript } = await import("../peers/src/pg-client.mjs");
  const script = await readFile(new URL("bench_rows.sql", import.meta.url), "utf8");
  try {
    await runScript(url, script);
  } catch (error) {
    const reason = error instanceof Error ? error.message || String(/** @type {any} */ (error).code) : error;
    throw new Problem(`The table bench_rows could not be made in the database of DATABASE_URL: ${reason}.`);
  }
  return url;
}

/** @param {string} url */
export function withSslMode(url) {
  if (/[?&]sslmode=/.test(url)) return url;
  return `${url}${url.includes("?") ? "&" : "?"}sslmode=disable`;
}
