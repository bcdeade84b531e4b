import type { Connection } from "../migrations/connection.ts";

/** A connection that its holder closes. */
export interface ClosableConnection extends Connection {
  close(): Promise<void>;
}

/** Opens one connection. */
export type Connect = (url: string) => Promise<ClosableConnection>;

/** SQLSTATEs of a database that another process has just made, or is making. */
const MADE_MEANWHILE: ReadonlySet<unknown> = new Set(["42P04", "23505"]);

/**
 * Makes a database where it is not there yet.
 *
 * Shape:  the URL of any database of the server, whose user may create others -> the URL of this one.
 */
export async function ensureDatabase(serverUrl: string, name: string, connect: Connect): Promise<string> {
  const connection = await connect(serverUrl);
  try {
    const { rows } = await connection.query("select 1 as found from pg_database where datname = $1", [name]);
    if (rows.length === 0) await create(connection, name);
  } finally {
    await connection.close();
  }
  const url = new URL(serverUrl);
  url.pathname = `/${encodeURIComponent(name)}`;
  return url.href;
}

async function create(connection: Connection, name: string): Promise<void> {
  try {
    // template0: unlike template1 nobody can be connected to it, which would keep it from being copied.
    await connection.query(`create database "${name.replaceAll('"', '""')}" template template0`);
  } catch (error) {
    if (!MADE_MEANWHILE.has((error as { code?: unknown }).code)) throw error;
  }
}
