import type { Connection } from "./connection.ts";
import type { Ledger } from "./ledger.ts";
import { MigrationError } from "./migration-error.ts";
import type { Format, Migration } from "./migration-folder.ts";

/** The SQLSTATE of a statement that no transaction may hold, such as `create index concurrently`. */
const NOT_IN_TRANSACTION = "25001";

/**
 * Applies one migration and records it, both or neither where a transaction holds them.
 *
 * Shape:  resolves with how long it took, in milliseconds.
 * Errors: `migration_failed` with file, line and column. One that ran outside of a transaction is left recorded as begun.
 */
export async function apply(
  connection: Connection,
  ledger: Ledger,
  migration: Migration,
  format: Format,
): Promise<number> {
  const session = await Session.read(connection);
  const runAndRecord = async (): Promise<number> => {
    const start = performance.now();
    await runScript(connection, migration.file, migration.sql, session);
    const durationMs = Math.round(performance.now() - start);
    await ledger.finish(migration, durationMs);
    return durationMs;
  };
  const outside = async (): Promise<number> => {
    await ledger.begin(migration);
    return runAndRecord();
  };
  if (migration.outside) return outside();
  try {
    return await inTransaction(connection, migration.file, runAndRecord);
  } catch (error) {
    // Prisma runs a file of one such statement without being asked; nothing is done so far, the transaction saw to that.
    const retry =
      format === "prisma" && error instanceof MigrationError && error.sqlState === NOT_IN_TRANSACTION;
    if (!retry) throw error;
  }
  return outside();
}

/** Undoes one migration and takes its record out. */
export async function undo(
  connection: Connection,
  ledger: Ledger,
  version: string,
  down: { readonly file: string; readonly sql: string; readonly outside: boolean },
): Promise<void> {
  const session = await Session.read(connection);
  const work = async (): Promise<void> => {
    await runScript(connection, down.file, down.sql, session);
    await ledger.remove(version);
  };
  await (down.outside ? work() : inTransaction(connection, down.file, work));
}

/** What a migration may leave behind in its session, and would lead the record and the next migration astray. */
class Session {
  readonly #searchPath: string;

  private constructor(searchPath: string) {
    this.#searchPath = searchPath;
  }

  static async read(connection: Connection): Promise<Session> {
    const { rows } = await connection.query("select current_setting('search_path') as path", []);
    return new Session(String(rows[0]?.["path"] ?? ""));
  }

  async restore(connection: Connection): Promise<void> {
    await connection.query("reset role", []);
    await connection.query("select set_config('search_path', $1, false)", [this.#searchPath]);
  }
}

async function runScript(connection: Connection, file: string, sql: string, session: Session): Promise<void> {
  try {
    await connection.query(sql);
  } catch (error) {
    // In a failed transaction this fails too, and its end does the same.
    await session.restore(connection).catch(() => {});
    throw failed(file, error, sql);
  }
  await session.restore(connection);
}

async function inTransaction<T>(connection: Connection, file: string, work: () => Promise<T>): Promise<T> {
  await connection.query("begin", []);
  try {
    const result = await work();
    await connection.query("commit", []);
    return result;
  } catch (error) {
    // What failed first is what is told; a lost connection has rolled back by itself.
    await connection.query("rollback", []).catch(() => {});
    // A deferred constraint fails at the commit.
    throw error instanceof MigrationError ? error : failed(file, error);
  }
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

/** What the server says of a file; at its place in it, where the error is of the file's own text. */
function failed(file: string, error: unknown, sql?: string): MigrationError {
  const { position, detail, hint } = (error ?? {}) as Record<"position" | "detail" | "hint", unknown>;
  const place = sql === undefined ? undefined : placeOf(sql, Number(position ?? 0));
  const at = place ? `${file}:${place.line}:${place.column}` : file;
  const sqlState = codeOf(error);
  const said = error instanceof Error ? error.message : String(error);
  const more = [detail, hint]
    .filter((text) => typeof text === "string" && text !== "")
    .map((text) => `\n  ${text as string}`);
  const quoted = place
    ? `\n  ${place.line} | ${place.text}\n  ${" ".repeat(String(place.line).length)} | ${" ".repeat(place.column - 1)}^`
    : "";
  const advice =
    sqlState === NOT_IN_TRANSACTION
      ? "\n  Begin the file with `-- twinloop:no-transaction`, and let it hold this statement alone."
      : "";
  const message = `${at}: ${said}${sqlState ? ` (${sqlState})` : ""}${more.join("")}${quoted}${advice}`;
  const { line, column } = place ?? {};
  const problem = {
    code: "migration_failed" as const,
    message,
    file,
    ...(line === undefined || column === undefined ? {} : { line, column }),
    ...(sqlState === undefined ? {} : { sqlState }),
  };
  return new MigrationError([problem], error);
}

/** Line and column, from 1, of a position in characters, as PostgreSQL counts them. */
export function placeOf(
  sql: string,
  position: number,
): { readonly line: number; readonly column: number; readonly text: string } | undefined {
  if (!(position > 0)) return undefined;
  const before = [...sql].slice(0, position - 1).join("");
  const lines = before.split("\n");
  const line = lines.length;
  const text = (sql.split("\n")[line - 1] ?? "").replace(/\r$/, "").replaceAll("\t", " ");
  return { line, column: [...(lines.at(-1) ?? "")].length + 1, text };
}
