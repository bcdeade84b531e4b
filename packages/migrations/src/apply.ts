import type { Connection } from "./connection.ts";
import { failed, NOT_IN_TRANSACTION } from "./failure.ts";
import type { Ledger } from "./ledger.ts";
import { MigrationError } from "./migration-error.ts";
import type { Format, Migration } from "./migration-folder.ts";

/** A migration that has been checked and can be run. */
export interface Runnable extends Migration {
  /** Whether the migration runs outside of a transaction. */
  readonly outside: boolean;
}

/**
 * Applies one migration and records it, atomically where the migration runs in a transaction.
 *
 * Shape:  -> how long it took, in milliseconds.
 * Errors: `migration_failed` with file, line and column. A migration that ran outside of a transaction stays recorded
 * as begun.
 */
export async function apply(
  connection: Connection,
  ledger: Ledger,
  migration: Runnable,
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
    // Prisma runs a file of one such statement outside of a transaction; the failed one has left no changes.
    const retry =
      format === "prisma" && error instanceof MigrationError && error.sqlState === NOT_IN_TRANSACTION;
    if (!retry) throw error;
  }
  return outside();
}

/**
 * Reverts one migration and removes its record, atomically where the file runs in a transaction.
 *
 * Errors: `migration_failed`, with the record kept. Outside of a transaction, statements before the failed one stay
 * in effect.
 */
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

/**
 * The session settings that a migration may leave changed, and that would mislead the ledger and the next migration.
 */
class Session {
  readonly #searchPath: string;

  private constructor(searchPath: string) {
    this.#searchPath = searchPath;
  }

  /** Reads the settings that `restore` brings back. */
  static async read(connection: Connection): Promise<Session> {
    const { rows } = await connection.query("select current_setting('search_path') as path", []);
    return new Session(String(rows[0]?.["path"] ?? ""));
  }

  /**
   * Brings back the role and the search path. Called after each file, because the next one and the ledger share the
   * connection.
   */
  async restore(connection: Connection): Promise<void> {
    await connection.query("reset role", []);
    await connection.query("select set_config('search_path', $1, false)", [this.#searchPath]);
  }
}

/**
 * Runs a file's statements in one message, and restores the session. Errors: `migration_failed` at the place of the
 * failed statement.
 */
async function runScript(connection: Connection, file: string, sql: string, session: Session): Promise<void> {
  try {
    await connection.query(sql);
  } catch (error) {
    // Fails too in an aborted transaction, whose rollback restores the settings.
    await session.restore(connection).catch(() => {});
    throw failed(file, error, sql);
  }
  await session.restore(connection);
}

/** Runs work between `begin` and `commit`, and rolls back where it throws. */
async function inTransaction<T>(connection: Connection, file: string, work: () => Promise<T>): Promise<T> {
  await connection.query("begin", []);
  try {
    const result = await work();
    await connection.query("commit", []);
    return result;
  } catch (error) {
    // The first error is reported; a lost connection has rolled back by itself.
    await connection.query("rollback", []).catch(() => {});
    // A deferred constraint fails at the commit.
    throw error instanceof MigrationError ? error : failed(file, error);
  }
}
