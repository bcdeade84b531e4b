import { SQLError } from "../error.ts";
import type { MigrationConnection } from "../migrations/migration-runner.ts";
import { onServer } from "./server-url.ts";
import { shownName } from "./shown-name.ts";

/** A connection whose holder closes it. */
export interface ClosableConnection extends MigrationConnection {
  close(): Promise<void>;
}

/** Opens one connection. */
export type Connect = (url: string) => Promise<ClosableConnection>;

/** SQLSTATEs of `create database` where another process has just created the database, or is creating it. */
const MADE_MEANWHILE: ReadonlySet<unknown> = new Set(["42P04", "23505"]);

/** SQLSTATE of a connection to a database that does not exist. */
const NO_DATABASE = "3D000";
/** SQLSTATE of a role that lacks a privilege. */
const DENIED = "42501";
/** The longest name in bytes; the server truncates longer ones. */
const MAX_NAME_BYTES = 63;

/**
 * Creates a database where it does not exist yet.
 *
 * Shape:  the URL of any database of the server, whose role may create databases -> the URL of the database `name`.
 * Errors: `42501` with the statement to run where the role lacks the privilege, and what `connect` throws.
 */
export async function ensureDatabase(serverUrl: string, name: string, connect: Connect): Promise<string> {
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) {
    const message = `The database "${shownName(name)}" has a name that is too long for the server, which allows ${MAX_NAME_BYTES} bytes. Choose a shorter name, or set a URL for it.`;
    throw new SQLError("config_invalid", message);
  }
  const connection = await connectAnywhere(serverUrl, connect);
  try {
    const { rows } = await connection.query("select 1 as found from pg_database where datname = $1", [name]);
    if (rows.length === 0) await create(connection, name);
  } finally {
    await connection.close();
  }
  return onServer(serverUrl, name);
}

/** Connects by the URL; where its database does not exist, connects to `postgres`, which every server has. */
export async function connectAnywhere(serverUrl: string, connect: Connect): Promise<ClosableConnection> {
  try {
    return await connect(serverUrl);
  } catch (error) {
    if (codeOf(error) !== NO_DATABASE) throw error;
    return connect(onServer(serverUrl, "postgres"));
  }
}

/** The statement that creates a database. */
export function createStatement(name: string): string {
  return `create database "${name.replaceAll('"', '""')}"`;
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code;
}

async function create(connection: MigrationConnection, name: string): Promise<void> {
  try {
    // template0, because nobody can be connected to it: a connection to template1 would block the copy.
    await connection.query(`${createStatement(name)} template template0`);
  } catch (error) {
    if (MADE_MEANWHILE.has(codeOf(error))) return;
    if (codeOf(error) !== DENIED) throw error;
    const message = `The database "${shownName(name)}" does not exist on the server, and the role of the URL lacks the privilege to create it. Run \`${createStatement(name)}\` as a role that has it.`;
    throw new SQLError(DENIED, message, {}, error);
  }
}
