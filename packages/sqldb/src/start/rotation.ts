import { log } from "@twinloop/core-native";
import { shownName } from "../location/shown-name.ts";
import type { DeclaredDatabase } from "./declared.ts";

/**
 * The first pause in milliseconds after the server refused a new connection string; doubled after each failure, up to
 * the largest.
 */
const LEAST_BACKOFF_MS = 250;
const MOST_BACKOFF_MS = 30_000;

const retries = new Map<string, NodeJS.Timeout>();

/**
 * Makes each database connect by its current connection string after secrets have changed.
 *
 * Where that fails, because the server learns the new password later or is unreachable, the database keeps its
 * connections and the attempt is repeated.
 */
export async function followRotation(databases: ReadonlyMap<string, DeclaredDatabase>): Promise<void> {
  const rotating = [...databases.values()].filter(
    ({ options }) => typeof options.connectionString === "function",
  );
  await Promise.all(rotating.map((database) => rotate(database, LEAST_BACKOFF_MS)));
}

async function rotate(database: DeclaredDatabase, backoffMs: number): Promise<void> {
  clearTimeout(retries.get(database.name));
  try {
    await database.rotate();
  } catch (error) {
    const fields = { database: shownName(database.name), againInMs: backoffMs };
    log.warn(error, "failed to connect a database with its new connection string; retrying", fields);
    const again = (): void => void rotate(database, Math.min(backoffMs * 2, MOST_BACKOFF_MS));
    retries.set(database.name, setTimeout(again, backoffMs).unref());
  }
}
