import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../setup/command.mjs";

const LOCAL = "postgres://postgres@127.0.0.1:5432/test";

/**
 * A PostgreSQL server for the tests.
 *
 * @typedef {object} Server
 * @property {string} url
 * @property {string} origin where it is from, in words
 * @property {() => Promise<void>} stop ends it if it was started for the tests
 */

/**
 * Finds a PostgreSQL server: the one that `DATABASE_URL` names, else the local service, else the embedded one.
 *
 * @returns {Promise<Server>}
 */
export async function providePostgres() {
  const stop = () => Promise.resolve();
  const given = process.env["DATABASE_URL"];
  if (given) return { url: given, origin: "the server of DATABASE_URL", stop };
  if (await answers(LOCAL)) return { url: LOCAL, origin: "the local service", stop };
  return startEmbedded();
}

/**
 * Starts the embedded server of this checkout.
 *
 * @returns {Promise<Server>}
 */
export async function startEmbedded() {
  const home = join(root, "packages/postgres-embedded");
  const { startEmbedded: start } = await import(pathToFileURL(join(home, "dist/index.js")).href);
  const { url, stop } = await start(home);
  return { url, origin: "the embedded server", stop };
}

/** @param {string} url @returns {Promise<boolean>} whether a query is answered there */
async function answers(url) {
  const { Client } = createRequire(join(root, "packages/sqldb/package.json"))("pg");
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("select 1");
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
