import type * as Sqldb from "@twinloop/sqldb";
import type * as Migrations from "@twinloop/sqldb/migrations";
import { importFrom } from "./app-package.ts";

/** A migration may take as long as it needs, in milliseconds: a day. */
const STATEMENT_WITHIN_MS = 86_400_000;

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
