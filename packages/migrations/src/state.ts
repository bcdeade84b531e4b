import type { Applied } from "./ledger.ts";
import type { MigrationProblem } from "./migration-error.ts";
import type { Migration, MigrationFolder } from "./migration-folder.ts";

/**
 * The state of a migration. `skipped`: not applied although a later one was · `changed`: applied with another content ·
 * `missing`: applied, but the file does not exist any more · `dirty`: begun outside of a transaction, outcome unknown.
 */
export type State = "applied" | "pending" | "skipped" | "changed" | "missing" | "dirty";

/** One migration with its state in folder and database. */
export interface MigrationStatus {
  /** The identifier of the migration, as in `Migration`. */
  readonly version: string;
  readonly name: string;
  readonly state: State;
  /** The absolute path of the file; `undefined` where the migration is `missing`. */
  readonly file: string | undefined;
  /** The recorded name of the version, where the file has another one. */
  readonly appliedAs?: string;
  /** When the migration was applied; `undefined` where it was not, or where the format does not record the time. */
  readonly appliedAt: Date | undefined;
  /** How long the migration took in milliseconds; `undefined` as for `appliedAt`. */
  readonly durationMs: number | undefined;
}

/**
 * Compares a folder with a ledger. Shape: -> one entry for each migration, in the folder's order, missing files first.
 */
export function compare(
  { migrations }: MigrationFolder,
  applied: readonly Applied[],
): readonly MigrationStatus[] {
  const had = new Map(applied.map((entry) => [entry.version, entry]));
  const last = migrations.findLastIndex(({ version }) => had.has(version));
  const known = new Set(migrations.map(({ version }) => version));
  const missing = applied.filter(({ version }) => !known.has(version));
  return [
    ...missing.map((entry) => ({ ...shown(entry), state: "missing" as const, file: undefined })),
    ...migrations.map((migration, index) => {
      const entry = had.get(migration.version);
      const { version, name, file } = migration;
      const { appliedAt, durationMs } = entry ?? {};
      const other = entry && entry.name !== name && entry.name !== version ? { appliedAs: entry.name } : {};
      const state = stateOf(migration, entry, index < last);
      return { version, name, file, ...other, appliedAt, durationMs, state };
    }),
  ];
}

function shown({ version, name, appliedAt, durationMs }: Applied): Omit<MigrationStatus, "state" | "file"> {
  return { version, name, appliedAt, durationMs };
}

/** The state of a migration of the folder. `beforeLast`: whether a later migration of the folder has a record. */
function stateOf({ checksum }: Migration, entry: Applied | undefined, beforeLast: boolean): State {
  if (!entry) return beforeLast ? "skipped" : "pending";
  if (!entry.done) return "dirty";
  return entry.checksum === undefined || entry.checksum === checksum ? "applied" : "changed";
}

/** The problems that keep the pending migrations from being applied. */
export function problemsOf(all: readonly MigrationStatus[], table: string): readonly MigrationProblem[] {
  return all.flatMap((status) => {
    const explain = EXPLANATIONS[status.state];
    if (!explain) return [];
    const { code, text } = explain;
    const file = status.file === undefined ? {} : { file: status.file };
    const foreign =
      status.state === "changed" && status.appliedAs !== undefined ? appliedAs(status, table) : undefined;
    const message = foreign ?? text(status.file ?? `${status.version}_${status.name}`, status.version, table);
    return [{ code, message, ...file }];
  });
}

/** The message for a version recorded under another name, which is most likely a record of another app. */
function appliedAs({ file, version, appliedAs: had }: MigrationStatus, table: string): string {
  return `${file} differs from what was applied: ${table} has version ${version} as ${version}_${had}. If another app or folder keeps its migrations in this database, give one of them a database of its own (DATABASE_URL_<NAME>); if the file was renamed and changed, run \`twinloop migrate repair\`.`;
}

interface Explanation {
  readonly code: MigrationProblem["code"];
  readonly text: (file: string, version: string, table: string) => string;
}

/** The code and the next step of each state that keeps `up` from running; the other states are no problem. */
const EXPLANATIONS: Readonly<Partial<Record<State, Explanation>>> = {
  changed: {
    code: "migration_changed",
    text: (file) =>
      `${file} has changed since it was applied. Undo the change and write a new migration; or, if the database already matches the changed file, run \`twinloop migrate repair\`.`,
  },
  skipped: {
    code: "migration_skipped",
    text: (file) =>
      `${file} was not applied, but a later one was. Give it a number after the last one; or, if the order does not matter, run \`twinloop migrate up --allow-skipped\`.`,
  },
  missing: {
    code: "migration_missing",
    text: (file, version, table) =>
      `${file} was applied, but the file does not exist any more. Restore it; or, if it was deleted on purpose, run \`twinloop migrate repair --pending ${version}\`, which removes its record from ${table}.`,
  },
  dirty: {
    code: "migration_dirty",
    text: (file, version) =>
      `${file} was begun outside of a transaction and did not finish. Check which of its statements took effect; then run \`twinloop migrate repair --applied ${version}\` if all did, or revert them and run \`twinloop migrate repair --pending ${version}\`.`,
  },
};
