import type { Connection } from "../connection.ts";

/** The time limit of one migration statement, in milliseconds: a day. */
const STATEMENT_WITHIN_MS = 86_400_000;

/**
 * Runs `work` on one connection to the app's database of this name; starts the embedded server meanwhile where the
 * database is on it.
 *
 * Shape:  `all` are the names of the app's databases; where there are several, `DATABASE_URL` names the server of all.
 */
export async function withConnection<T>(
  { name, all }: { readonly name: string; readonly all: readonly string[] },
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const { SQLDatabase } = await import("@twinloop/sqldb");
  for (const other of all) SQLDatabase.named(other);
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
