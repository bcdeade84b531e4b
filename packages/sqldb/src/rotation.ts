import { log } from "@twinloop/core-native";
import type { SQLDatabase } from "./database.ts";

/** How long a connection string that the server refuses is waited for: doubled with each time, up to the most. */
const LEAST_BACKOFF_MS = 250;
const MOST_BACKOFF_MS = 30_000;

const retries = new Map<string, NodeJS.Timeout>();

/**
 * Has each database connect with what its connection string is now.
 *
 * Where that does not work, because the server is told of the new password later or cannot be reached, the database goes on as
 * it was, and it is tried again.
 */
export async function followRotation(databases: ReadonlyMap<string, SQLDatabase>): Promise<void> {
  const rotating = [...databases.values()].filter(
    ({ options }) => typeof options.connectionString === "function",
  );
  await Promise.all(rotating.map((database) => rotate(database, LEAST_BACKOFF_MS)));
}

async function rotate(database: SQLDatabase, backoffMs: number): Promise<void> {
  clearTimeout(retries.get(database.name));
  try {
    await database.rotate();
  } catch (error) {
    const fields = { database: database.name, againInMs: backoffMs };
    log.warn(error, "a database could not be connected to with its new connection string", fields);
    const again = (): void => void rotate(database, Math.min(backoffMs * 2, MOST_BACKOFF_MS));
    retries.set(database.name, setTimeout(again, backoffMs).unref());
  }
}
