import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type * as Sqldb from "@twinloop/sqldb";
import type * as Migrations from "@twinloop/sqldb/migrations";

/** A migration may take as long as it needs, in milliseconds: a day. */
const STATEMENT_WITHIN_MS = 86_400_000;

/** Thrown where the app does not have what the command needs; the message says what to do. */
export class AppProblem extends Error {}

/** The runner of migrations that the app itself has installed. */
export function loadMigrations(root: string): Promise<typeof Migrations> {
  return importFrom(root, "@twinloop/sqldb/migrations") as Promise<typeof Migrations>;
}

/** Runs `work` on one connection to the app's database of this name; the embedded server is started for as long. */
export async function withConnection<T>(
  root: string,
  name: string,
  work: (connection: Migrations.Connection) => Promise<T>,
): Promise<T> {
  const { SQLDatabase } = (await importFrom(root, "@twinloop/sqldb")) as typeof Sqldb;
  // The runtime looks there for what belongs to the app, wherever this command was called.
  process.env["TWINLOOP_ROOT"] = root;
  const database = new SQLDatabase(name, { maxConnections: 1 });
  try {
    const connection = await database.acquire({ timeout: STATEMENT_WITHIN_MS });
    try {
      return await work({
        async query(sql, parameters) {
          if (parameters) return { rows: await connection.rawQueryAll(sql, ...parameters) };
          await connection.rawExec(sql);
          return { rows: [] };
        },
      });
    } finally {
      await connection.close();
    }
  } finally {
    await database.close();
  }
}

/** Imports a package as the app would, so that its version is the one that runs in production. */
async function importFrom(root: string, name: string): Promise<unknown> {
  let path: string;
  try {
    path = createRequire(join(root, "package.json")).resolve(name);
  } catch (error) {
    const message = `@twinloop/sqldb is not installed in ${root}: install it, or name the app's folder with --root.`;
    throw new AppProblem(message, { cause: error });
  }
  return import(pathToFileURL(path).href);
}
