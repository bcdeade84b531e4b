/**
 * The process beside an editor that asks PostgreSQL for statements that the cache does not have. Started by the plugin with the app's
 * folder; takes databases with texts as messages, answers each when the cache has them, and ends with the editor or when idle.
 */
import { CheckedDatabase, type DatabaseModel } from "../database/checked-database.ts";
import { serverOf } from "../database/server-source.ts";

/** Texts of one database that are to be described. */
export interface FillRequest {
  readonly model: DatabaseModel;
  readonly texts: readonly string[];
}

/** How long the process waits for the next request, in milliseconds. */
const IDLE_MS = 300_000;

const server = serverOf(process.argv[2]!, undefined);
const databases = new Map<string, CheckedDatabase>();
let timer = setTimeout(end, IDLE_MS);
let last: Promise<void> = Promise.resolve();

async function fill({ model, texts }: FillRequest): Promise<void> {
  const key = JSON.stringify(model);
  const database = databases.get(key) ?? new CheckedDatabase(model, server);
  databases.set(key, database);
  try {
    await database.describe(new Set(texts), { keepsOthers: true });
    process.send?.({ isFilled: true });
  } catch {
    // `twinloop check --sql` says why: a migration that fails, a server that is missing.
    await database.close().catch(() => undefined);
    process.send?.({ isFilled: false });
  }
}

async function end(): Promise<void> {
  for (const database of databases.values()) await database.close().catch(() => undefined);
  await server.close();
  process.exit();
}

process.on("disconnect", () => void end());
process.on("message", (request: FillRequest) => {
  clearTimeout(timer);
  timer = setTimeout(() => void end(), IDLE_MS);
  last = last.then(() => fill(request));
});
