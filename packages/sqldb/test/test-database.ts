import { afterAll } from "vitest";
import { SQLDatabase, type SQLDatabaseOptions } from "../dist/index.js";

const SERVER = process.env.DATABASE_URL ?? "postgres://postgres@127.0.0.1:5432/test";
delete process.env.DATABASE_URL;

// Creating and dropping databases makes the server write a checkpoint, which may take its time.
const admin = new SQLDatabase("admin", { connectionString: SERVER, queryTimeout: 120_000 });
const made: string[] = [];
const opened: SQLDatabase[] = [];
let count = 0;

/** The same server's URL with another database, host or port. */
export function urlOf(database: string, port?: number): string {
  const url = new URL(SERVER);
  url.pathname = `/${database}`;
  if (port !== undefined) [url.hostname, url.port] = ["127.0.0.1", String(port)];
  return url.href;
}

/** A new, empty database, dropped when the file's tests have run. */
export async function createDatabase(): Promise<string> {
  const name = `twinloop_${process.pid}_${++count}`;
  await admin.rawExec(`create database ${name} template template0`);
  made.push(name);
  return name;
}

/** A pool of its own on a new database, or on the one given. */
export async function openDatabase(
  options: SQLDatabaseOptions = {},
  database?: string,
): Promise<SQLDatabase> {
  const url = new URL(urlOf(database ?? (await createDatabase())));
  // Pools are shared by URL: a name of its own makes this one separate.
  url.searchParams.set("application_name", `test-${process.pid}-${++count}`);
  const db = new SQLDatabase(`test ${count}`, { connectionString: url.href, ...options });
  opened.push(db);
  return db;
}

/** Sees the server from outside. */
export function server(): SQLDatabase {
  return admin;
}

/** Waits until `probe` gives something true. */
export async function until<T>(probe: () => Promise<T> | T, withinMs = 20_000): Promise<Exclude<T, false>> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const found = await probe();
    if (found) return found as Exclude<T, false>;
    if (Date.now() > deadline) throw new Error(`it did not happen within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The connections of a pool as the server sees them. */
export async function sessionsOf(db: SQLDatabase): Promise<{ pid: number; state: string; query: string }[]> {
  const name = new URL(db.connectionString).searchParams.get("application_name");
  return admin.queryAll`select pid, state, query from pg_stat_activity where application_name = ${name}`;
}

afterAll(async () => {
  // A pool whose database is dropped would look for it.
  await Promise.all(opened.map((db) => db.close()));
  for (const name of made) await admin.rawExec(`drop database if exists ${name} with (force)`);
  await admin.close();
});
