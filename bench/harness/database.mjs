import { Problem } from "../../tools/setup/problem.mjs";

/**
 * The database that a suite measures with: the one of `DATABASE_URL`.
 *
 * Where the URL does not say, nothing is encrypted: some clients would by default and others would not, and each must do
 * the same work.
 *
 * Errors: `Problem` without the variable.
 *
 * @param {string} suite
 * @param {string} tables what the suite makes there, such as `the table bench_rows`
 * @returns {string} its URL
 */
export function databaseOf(suite, tables) {
  const given = process.env["DATABASE_URL"];
  if (given) return withSslMode(given);
  throw new Problem(
    `The ${suite} suite needs a PostgreSQL to measure with: set DATABASE_URL to postgres://user:password@host:5432/database. ` +
      `It makes ${tables} there, and leaves what it made for the next run.`,
  );
}

/** @param {string} url */
export function withSslMode(url) {
  if (/[?&]sslmode=/.test(url)) return url;
  return `${url}${url.includes("?") ? "&" : "?"}sslmode=disable`;
}

/**
 * The problem of a database in which a suite cannot make its tables.
 *
 * @param {string} tables
 * @param {unknown} error what the client has thrown
 */
export function cannotMake(tables, error) {
  const reason = error instanceof Error ? error.message || String(/** @type {any} */ (error).code) : error;
  return new Problem(`Could not make ${tables} in the database of DATABASE_URL: ${reason}.`);
}
