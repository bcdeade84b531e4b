/**
 * Reading statements on a development database, on behalf of an agent.
 *
 * The fences within the database are those of `@twinloop/sqldb/admin`; here stands the first of them: the URL must be of this
 * machine, and the app no app of production, unless `--any-database` was given.
 */
import { declarationsIn } from "@twinloop/core-native/cli";
import type * as Sqldb from "@twinloop/sqldb";
import type * as Admin from "@twinloop/sqldb/admin";
import type { ServedApp } from "../served-app.ts";
import { ToolProblem } from "../tool-problem.ts";
import { isDevelopmentUrl } from "./development-url.ts";

/** The time in milliseconds that a statement may take, as the app's `@twinloop/sqldb` bounds it. */
export const TIME_LIMIT_MS = 10_000;

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
 * Errors: `ToolProblem` `permission_denied` for production and other machines, `failed_precondition` for an app without a database;
 *         those of `readStatement`: `invalid_argument` for a statement that does not read and for several, and the SQLSTATE of the
 *         server's.
 */
export async function readOnly(app: ServedApp, wanted: string | undefined, asked: Asked): Promise<Rows> {
  const { name, sharing } = await chooseDatabase(app, wanted);
  const { SQLDatabase } = await app.importPackage<typeof Sqldb>("@twinloop/sqldb");
  const { readStatement } = await app.importPackage<typeof Admin>("@twinloop/sqldb/admin");
  // Several databases on one server each use the database of their own name.
  for (const other of sharing) SQLDatabase.named(other);
  const database = SQLDatabase.named(name);
  requireHere(app, database.origin);
  try {
    const { columns, rows, isCut } = await readStatement(name, asked);
    const named = rows.map((row) => Object.fromEntries(columns.map((column, at) => [column.name, row[at]])));
    return { rows: named, isCut };
  } finally {
    await database.close();
  }
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
