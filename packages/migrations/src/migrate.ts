import type { MigrationReport } from "@twinloop/sqldb/internal";
import { adopt, findAdoptable } from "./adopt.ts";
import { apply, undo, type Runnable } from "./apply.ts";
import { readFileToRun } from "./check-file.ts";
import type { Connection } from "./connection.ts";
import type { Ledger } from "./ledger.ts";
import { openLedger } from "./open-ledger.ts";
import { withLock } from "./lock.ts";
import { MigrationError, refuse } from "./migration-error.ts";
import { readFolder, type Format, type Migration, type MigrationFolder } from "./migration-folder.ts";
import { OwnLedger } from "./own-ledger.ts";
import { compare, problemsOf, type MigrationStatus } from "./state.ts";

/** The default time in milliseconds to wait for another process that migrates the same database. */
const LOCK_WITHIN_MS = 300_000;

/** Options of every command. */
export interface MigrationOptions {
  /** The folder's format. Default: detected by the folder's content. */
  readonly format?: Format | undefined;
  /** How long to wait for another process that migrates, in milliseconds. Default 300 000. */
  readonly lockTimeout?: number | undefined;
}

/** The state of a database compared with its folder. */
export interface StatusReport {
  readonly format: Format;
  /** The name of the ledger's table. */
  readonly table: string;
  readonly migrations: readonly MigrationStatus[];
  /** The problems with which `up` would refuse to run. */
  readonly problems: readonly MigrationError["problems"][number][];
}

/** The result of `up`. */
export type UpReport = MigrationReport;

/**
 * Compares a folder with the database's ledger. Changes nothing.
 *
 * Errors: `MigrationError` for an invalid or missing folder.
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
  const refused = waitingIn(migrations).flatMap(
    ({ version }) => readFileToRun(find(folder, version).file, folder.format).problems,
  );
  const problems = [...problemsOf(migrations, ledger.table), ...refused];
  return { format: folder.format, table: ledger.table, migrations, problems };
}

function waitingIn(all: readonly MigrationStatus[]): readonly MigrationStatus[] {
  return all.filter(({ state }) => state === "pending" || state === "skipped");
}

/** Reads and checks the migrations of these versions. Errors: `migration_refused`, with the problems of all of them. */
function readToRun(folder: MigrationFolder, versions: readonly MigrationStatus[]): readonly Runnable[] {
  const read = versions.map(({ version }) => {
    const migration = find(folder, version);
    return { migration, reading: readFileToRun(migration.file, folder.format) };
  });
  refuse(read.flatMap(({ reading }) => reading.problems));
  return read.map(({ migration, reading }) => ({ ...migration, outside: reading.outside }));
}

/**
 * Applies the pending migrations in order, each file in a transaction together with its record. Concurrent processes
 * apply each migration once.
 *
 * Shape:  `allowSkipped` also applies files numbered before the last applied one; `steps` limits how many are applied.
 * Errors: `MigrationError` with every problem of folder, files and database before anything is applied;
 * `migration_failed` for the file that failed, with those before it applied.
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
    const applied: { version: string; name: string; durationMs: number }[] = [];
    for (const migration of readToRun(folder, waitingIn(states).slice(0, options.steps))) {
      const { version, name } = migration;
      applied.push({ version, name, durationMs: await apply(connection, ledger, migration, folder.format) });
    }
    return { applied, adopted };
  });
}

/**
 * Reverts the last applied migrations, newest first.
 *
 * Shape:  the number of migrations `steps`, default 1 -> the reverted ones.
 * Errors: `migration_irreversible` for one without a `.down.sql`, `migration_refused`, both before any is reverted;
 * `migration_failed`.
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
    const files = last.map(({ version }) => {
      const file = find(folder, version).downFile!;
      return { version, file, ...readFileToRun(file, folder.format) };
    });
    refuse(files.flatMap(({ problems }) => problems));
    for (const { version, ...file } of files) await undo(connection, ledger, version, file);
    return last.map(({ version, name }) => ({ version, name }));
  });
}

/** Options of `repair`; without `applied` and `pending`, changed files are accepted as they are now. */
export interface RepairOptions extends MigrationOptions {
  /** Versions to record as applied. */
  readonly applied?: readonly string[] | undefined;
  /** Versions to record as not applied. */
  readonly pending?: readonly string[] | undefined;
}

/** The result of `repair`, by version. */
export interface RepairReport {
  readonly accepted: readonly string[];
  readonly applied: readonly string[];
  readonly pending: readonly string[];
  /** The problems that still keep `up` from running. */
  readonly problems: readonly MigrationError["problems"][number][];
}

/**
 * Corrects the ledger after a person has checked the state of the database. Runs no migration.
 *
 * Errors: `migration_unreadable` for a version that neither folder nor database has.
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
      ? `${file} has no .down.sql beside it, so it cannot be reverted. Write one, or write a new migration that reverts it.`
      : `${path} is a folder of ${format === "prisma" ? "Prisma" : "Drizzle"}, which has no files that revert a migration. Write a new migration that reverts it.`;
  return { code: "migration_irreversible", message, ...(file === undefined ? {} : { file }) };
}

function unknown(
  versions: readonly string[],
  known: readonly MigrationStatus[],
  { path }: MigrationFolder,
): MigrationError["problems"] {
  const strange = versions.filter((version) => !known.some((status) => status.version === version));
  return strange.map((version) => {
    const message = `Neither ${path} nor the database has a version ${version}. \`twinloop migrate status\` lists the versions.`;
    return { code: "migration_unreadable", message, file: path };
  });
}
