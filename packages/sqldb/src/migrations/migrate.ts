import { adopt, findAdoptable } from "./adopt.ts";
import { apply, undo } from "./apply.ts";
import type { Connection } from "./connection.ts";
import { openLedger, type Ledger } from "./ledger.ts";
import { withLock } from "./lock.ts";
import { MigrationError, refuse } from "./migration-error.ts";
import {
  readFolder,
  readSql,
  runsOutside,
  type Format,
  type Migration,
  type MigrationFolder,
} from "./migration-folder.ts";
import { OwnLedger } from "./own-ledger.ts";
import { compare, problemsOf, type MigrationStatus } from "./state.ts";

/** How long another process may migrate the same database before this one gives up waiting. */
const LOCK_WITHIN_MS = 300_000;

/** What every run may be told. */
export interface MigrationOptions {
  /** Whose folder it is; told by what lies in it where it is not given. */
  readonly format?: Format | undefined;
  /** How long to wait for another process that migrates, in milliseconds. Default 300 000. */
  readonly lockTimeout?: number | undefined;
}

/** How a database stands to its folder. */
export interface StatusReport {
  readonly format: Format;
  /** The table that keeps what was applied. */
  readonly table: string;
  readonly migrations: readonly MigrationStatus[];
  /** What `up` would refuse to run with. */
  readonly problems: readonly MigrationError["problems"][number][];
}

/** What `up` did. */
export interface UpReport {
  /** The migrations applied, in order. */
  readonly applied: readonly {
    readonly version: string;
    readonly name: string;
    readonly durationMs: number;
  }[];
  /** Versions taken over from golang-migrate's table. */
  readonly adopted: readonly string[];
}

/**
 * Compares a folder with what the database has had. Changes nothing.
 *
 * Errors: `MigrationError` where the folder cannot be read.
 */
export async function status(
  connection: Connection,
  path: string,
  options: MigrationOptions = {},
): Promise<StatusReport> {
  const folder = readFolder(path, options.format);
  const ledger = await openLedger(folder.format, connection);
  const adoptable =
    ledger instanceof OwnLedger ? await findAdoptable(connection, ledger, folder.migrations) : [];
  const had = adoptable.map((one) => ({ ...one, done: true, appliedAt: undefined, durationMs: undefined }));
  const migrations = compare(folder, had.length > 0 ? had : await ledger.read());
  const problems = problemsOf(migrations, ledger.table);
  return { format: folder.format, table: ledger.table, migrations, problems };
}

/**
 * Applies what is pending, in order, each file in a transaction with its record. Processes that do this at once do it once.
 *
 * Shape:  `allowSkipped` applies also files that lie before one that was applied; `steps` bounds their number.
 * Errors: `MigrationError` with every problem of folder and database before anything is applied; `migration_failed` for
 *         the file that failed, with those before it applied.
 */
export async function up(
  connection: Connection,
  path: string,
  options: MigrationOptions & {
    readonly allowSkipped?: boolean | undefined;
    readonly steps?: number | undefined;
  } = {},
): Promise<UpReport> {
  const folder = readFolder(path, options.format);
  return exclusively(connection, folder, options, async (ledger) => {
    const adopted = ledger instanceof OwnLedger ? await adopt(connection, ledger, folder.migrations) : [];
    const states = compare(folder, await ledger.read());
    const problems = problemsOf(states, ledger.table);
    refuse(options.allowSkipped ? problems.filter(({ code }) => code !== "migration_skipped") : problems);
    const waiting = states.filter(({ state }) => state === "pending" || state === "skipped");
    const applied: { version: string; name: string; durationMs: number }[] = [];
    for (const { version, name } of waiting.slice(0, options.steps)) {
      const migration = find(folder, version);
      applied.push({ version, name, durationMs: await apply(connection, ledger, migration, folder.format) });
    }
    return { applied, adopted };
  });
}

/**
 * Undoes the migrations applied last, newest first.
 *
 * Shape:  `steps` of them, default 1 -> those undone.
 * Errors: `migration_irreversible` for one without a `.down.sql`, before any is undone; `migration_failed`.
 */
export async function down(
  connection: Connection,
  path: string,
  options: MigrationOptions & { readonly steps?: number | undefined } = {},
): Promise<readonly { readonly version: string; readonly name: string }[]> {
  const folder = readFolder(path, options.format);
  return exclusively(connection, folder, options, async (ledger) => {
    const states = compare(folder, await ledger.read());
    refuse(
      problemsOf(states, ledger.table).filter(
        ({ code }) => code === "migration_dirty" || code === "migration_missing",
      ),
    );
    const had = states.filter(({ state }) => state === "applied" || state === "changed");
    const last = had.reverse().slice(0, options.steps ?? 1);
    refuse(
      last
        .filter(({ version }) => !find(folder, version).downFile)
        .map(({ file }) => irreversible(file, folder)),
    );
    for (const { version } of last) {
      const file = find(folder, version).downFile!;
      const sql = readSql(file);
      await undo(connection, ledger, version, { file, sql, outside: runsOutside(sql) });
    }
    return last.map(({ version, name }) => ({ version, name }));
  });
}

/** What `repair` may be told; without it, changed files are accepted as they are now. */
export interface RepairOptions extends MigrationOptions {
  /** Versions to count as applied. */
  readonly applied?: readonly string[] | undefined;
  /** Versions to count as not applied. */
  readonly pending?: readonly string[] | undefined;
}

/** What `repair` did, by version. */
export interface RepairReport {
  readonly accepted: readonly string[];
  readonly applied: readonly string[];
  readonly pending: readonly string[];
  /** What still keeps `up` from running. */
  readonly problems: readonly MigrationError["problems"][number][];
}

/**
 * Puts the record right where a person has looked what is true. Runs no migration.
 *
 * Errors: `migration_unreadable` for a version that neither folder nor database knows.
 */
export async function repair(
  connection: Connection,
  path: string,
  options: RepairOptions = {},
): Promise<RepairReport> {
  const folder = readFolder(path, options.format);
  const { applied = [], pending = [] } = options;
  return exclusively(connection, folder, options, async (ledger) => {
    const before = compare(folder, await ledger.read());
    refuse(unknown([...applied, ...pending], before, folder));
    for (const version of pending) await ledger.remove(version);
    for (const version of applied) {
      await ledger.remove(version);
      await ledger.finish(find(folder, version), 0);
    }
    const named = new Set([...applied, ...pending]);
    const changed = named.size > 0 ? [] : before.filter(({ state }) => state === "changed");
    for (const { version } of changed) await ledger.accept(find(folder, version));
    const after = compare(folder, await ledger.read());
    const accepted = changed.map(({ version }) => version);
    return { accepted, applied, pending, problems: problemsOf(after, ledger.table) };
  });
}

function exclusively<T>(
  connection: Connection,
  folder: MigrationFolder,
  { lockTimeout = LOCK_WITHIN_MS }: MigrationOptions,
  work: (ledger: Ledger) => Promise<T>,
): Promise<T> {
  return withLock(connection, lockTimeout, async () => {
    const ledger = await openLedger(folder.format, connection);
    await ledger.prepare();
    return work(ledger);
  });
}

function find({ migrations, path }: MigrationFolder, version: string): Migration {
  const migration = migrations.find((candidate) => candidate.version === version);
  if (migration) return migration;
  const message = `There is no file of version ${version} in ${path}.`;
  throw new MigrationError([{ code: "migration_unreadable", message, file: path }]);
}

function irreversible(
  file: string | undefined,
  { format, path }: MigrationFolder,
): MigrationError["problems"][number] {
  const message =
    format === "twinloop"
      ? `${file} has no .down.sql beside it, so it cannot be undone. Write one, or write a new migration that undoes it.`
      : `${path} is a folder of ${format === "prisma" ? "Prisma" : "Drizzle"}, which has no files that undo a migration. Write a new migration that undoes it.`;
  return { code: "migration_irreversible", message, ...(file === undefined ? {} : { file }) };
}

function unknown(
  versions: readonly string[],
  known: readonly MigrationStatus[],
  { path }: MigrationFolder,
): MigrationError["problems"] {
  const strange = versions.filter((version) => !known.some((status) => status.version === version));
  return strange.map((version) => {
    const message = `Neither ${path} nor the database knows a version ${version}. \`twinloop migrate status\` lists those there are.`;
    return { code: "migration_unreadable", message, file: path };
  });
}
