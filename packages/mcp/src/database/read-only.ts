/**
 * Reading statements on a development database, on behalf of an agent.
 *
 * Several fences stand one behind the other: the URL must be of this machine (unless `--any-database` was given), the
 * first word must be one that reads, the transaction is read-only and is rolled back, the server ends a statement
 * after 10 s, and a superuser is reduced to `pg_read_all_data`, which can neither run programs nor read files of the
 * server. Source: PostgreSQL, "Predefined Roles" and "SET TRANSACTION".
 */
import { declarationsIn } from "@twinloop/core-native/cli";
import type * as Sqldb from "@twinloop/sqldb";
import type { ServedApp } from "../served-app.ts";
import { ToolProblem } from "../tool-problem.ts";
import { isDevelopmentUrl } from "./development-url.ts";

/** The time in milliseconds that a statement may take, and wait for a lock, before the server cancels it. */
export const TIME_LIMIT_MS = 10_000;

/**
 * The time in milliseconds that the transaction may last beyond the statement's limit, so that the server's own error
 * arrives first.
 */
const GRACE_MS = 2_000;

/** The most characters of one value, and of all rows, that are given. */
const MAX_VALUE = 4_000;
const MAX_ROWS = 200_000;

/** A statement with its parameters, and how many rows of it are wanted. */
export interface Asked {
  /** One statement; `$1`, `$2` stand for the parameters. */
  readonly sql: string;
  readonly parameters: readonly unknown[];
  /** The most rows that are read from the server. */
  readonly limit: number;
}

/** The rows of a statement, and whether there are more. */
export interface Rows {
  readonly rows: readonly object[];
  /** Whether the statement has more rows than are given here. */
  readonly isCut: boolean;
}

/**
 * Runs one reading statement on a development database of the app.
 *
 * Units:  10 s; `limit` rows, 4,000 characters of a value, 200,000 in all.
 * Errors: `ToolProblem` `permission_denied` for production and other machines, `invalid_argument` for a statement that does not
 *         read and for several; those of the database, with their SQLSTATE.
 */
export async function readOnly(app: ServedApp, wanted: string | undefined, asked: Asked): Promise<Rows> {
  requireReading(asked.sql);
  const { name, sharing } = await chooseDatabase(app, wanted);
  const { SQLDatabase } = await app.importPackage<typeof Sqldb>("@twinloop/sqldb");
  // Several databases on one server each use the database of their own name.
  for (const other of sharing) SQLDatabase.named(other);
  const database = new SQLDatabase(name, { maxConnections: 1 });
  try {
    requireHere(app, database.origin);
    await using tx = await database.begin({ readOnly: true, timeout: TIME_LIMIT_MS + GRACE_MS });
    await tx.rawExec(`set local statement_timeout = ${TIME_LIMIT_MS}`);
    await tx.rawExec(`set local lock_timeout = ${TIME_LIMIT_MS}`);
    const [user] = await tx.rawQueryAll<{ isSuper: boolean }>(
      `select rolsuper as "isSuper" from pg_roles where rolname = current_user`,
    );
    // A superuser could read files of the server, and run programs there.
    if (user?.isSuper === true) await tx.rawExec("set local role pg_read_all_data");
    return await take(tx, asked);
  } catch (error) {
    throw explained(error);
  } finally {
    await database.close();
  }
}

/** Reads rows until there are enough. One statement alone has a portal to read from: the server refuses several. */
async function take(tx: Sqldb.Transaction, { sql, parameters, limit }: Asked): Promise<Rows> {
  const rows: object[] = [];
  let size = 0;
  for await (const row of tx.rawQuery(sql, ...parameters)) {
    if (rows.length === limit || size > MAX_ROWS) return { rows, isCut: true };
    const short = shortened(row);
    size += JSON.stringify(short).length;
    rows.push(short);
  }
  return { rows, isCut: false };
}

/**
 * Shortens a row for an answer: bytes become base64, bigints decimal texts, and texts beyond `MAX_VALUE` characters
 * end with their length.
 */
function shortened(row: object): object {
  const entries = Object.entries(row).map(([name, value]: [string, unknown]) => {
    const text = Buffer.isBuffer(value) ? value.toString("base64") : value;
    if (typeof text === "bigint") return [name, String(text)];
    if (typeof text !== "string" || text.length <= MAX_VALUE) return [name, text];
    return [name, `${text.slice(0, MAX_VALUE)}… (${text.length} characters)`];
  });
  return Object.fromEntries(entries) as object;
}

/** What lets a statement change its own user or settings: no statement that reads has need of it. */
const ESCAPING = /\bset_config\b|\b(?:query|cursor)_to_xml|\bu&"/i;

/** The first words of statements that read; `with` may still write, which the read-only transaction refuses. */
const READING = ["select", "with", "values", "table", "explain", "show"];

/** Refuses what does not begin as a statement that reads; the server refuses what writes all the same. */
function requireReading(sql: string): void {
  const bare = sql.replace(/^(?:\s|\(|--[^\n]*(?:\n|$)|\/\*[^]*?\*\/)+/, "");
  const word = /^[a-z]+/i.exec(bare)?.[0].toLowerCase() ?? "";
  const escape = ESCAPING.exec(sql)?.[0];
  if (escape !== undefined) {
    throw new ToolProblem("invalid_argument", `${escape} is not run here.`, "Read without it.");
  }
  if (READING.includes(word)) return;
  throw new ToolProblem(
    "invalid_argument",
    `A statement that begins with ${JSON.stringify(word || bare.slice(0, 20))} is not run here.`,
    `Statements begin with ${READING.join(", ")}. Changes belong into a migration or an endpoint.`,
  );
}

interface Chosen {
  readonly name: string;
  /** The names of the app's databases that have no URL of their own in the code. */
  readonly sharing: readonly string[];
}

/**
 * Chooses a database by its name in the code, or the only one. Errors: `failed_precondition` where the app has none
 * or keeps the URL in its code, `invalid_argument` where several could be meant, `not_found`.
 */
async function chooseDatabase(app: ServedApp, wanted: string | undefined): Promise<Chosen> {
  const manifest = await app.manifest();
  const databases = declarationsIn(manifest, "@twinloop/sqldb", "SQLDatabase");
  const names = databases.map(({ name }) => name);
  const all = names.join(", ") || "none";
  if (names.length === 0) {
    const next = 'Declare one: `new SQLDatabase("name")` of @twinloop/sqldb.';
    throw new ToolProblem("failed_precondition", "The app declares no database.", next);
  }
  if (wanted === undefined && names.length > 1) {
    throw new ToolProblem("invalid_argument", "The app has several databases.", `Name one of them: ${all}.`);
  }
  const at = wanted === undefined ? 0 : names.indexOf(wanted);
  const chosen = databases[at];
  if (chosen === undefined) {
    throw new ToolProblem("not_found", `The app has no database ${wanted}.`, `There are: ${all}.`);
  }
  if (chosen.options["connectionString"] !== undefined) {
    const message = `The URL of ${chosen.name} is in the app's code, which is not run here.`;
    throw new ToolProblem("failed_precondition", message, "Use psql, or name its URL by DATABASE_URL.");
  }
  await requireDevelopment(app);
  const sharing = databases.filter(({ options }) => options["connectionString"] === undefined);
  return { name: chosen.name, sharing: sharing.map(({ name }) => name) };
}

const ASK_FOR_MORE = "Ask whoever runs `twinloop mcp`: with --any-database it reads such databases too.";

/** Refuses databases of production, unless the command line allows any. */
async function requireDevelopment(app: ServedApp): Promise<void> {
  if (app.isAnyDatabaseAllowed || (await app.appEnvironment())["NODE_ENV"] !== "production") return;
  throw new ToolProblem("permission_denied", "NODE_ENV is production: no database is read.", ASK_FOR_MORE);
}

/**
 * Refuses a database on another machine, unless the command line allows any. The URL is that of this process, by which the database
 * connects: `.env` may have changed since.
 */
function requireHere(app: ServedApp, origin: string): void {
  const url = process.env[origin];
  if (app.isAnyDatabaseAllowed || !url || isDevelopmentUrl(url)) return;
  throw new ToolProblem("permission_denied", "The database is on another machine.", ASK_FOR_MORE);
}

/** Adds the next step to errors of the server that an agent can act on. */
function explained(error: unknown): unknown {
  const { message, code } = error as { message?: unknown; code?: unknown };
  if (typeof message !== "string") return error;
  if (/multiple commands|several statements/.test(message)) {
    return new ToolProblem("invalid_argument", "The text has several statements.", "Send one for each call.");
  }
  const next: Readonly<Record<string, string>> = {
    "25006": "Only statements that read are run here: changes belong into a migration or an endpoint.",
    "42P01": "list_tables gives the tables.",
    "42703": "list_tables gives the columns.",
    "57014": "The statement took more than 10 s: narrow it, or look at its plan with explain.",
  };
  return typeof code === "string" && code in next ? new ToolProblem(code, message, next[code]!) : error;
}
