import type { Applied } from "./ledger.ts";
import type { MigrationProblem } from "./migration-error.ts";
import type { Migration, MigrationFolder } from "./migration-folder.ts";

/**
 * How a migration stands: `skipped` was not applied although a later one was; `changed` was applied from another file;
 * `missing` was applied and its file is gone; `dirty` was begun outside of a transaction and its end is unknown.
 */
export type State = "applied" | "pending" | "skipped" | "changed" | "missing" | "dirty";

/** One migration, as folder and database know it. */
export interface MigrationStatus {
  readonly version: string;
  readonly name: string;
  readonly state: State;
  readonly file: string | undefined;
  readonly appliedAt: Date | undefined;
  readonly durationMs: number | undefined;
}

/** Compares a folder with what a database has had; in the folder's order, missing files before those. */
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
      return { version, name, file, appliedAt, durationMs, state: stateOf(migration, entry, index < last) };
    }),
  ];
}

function shown({ version, name, appliedAt, durationMs }: Applied): Omit<MigrationStatus, "state" | "file"> {
  return { version, name, appliedAt, durationMs };
}

function stateOf({ checksum }: Migration, entry: Applied | undefined, beforeLast: boolean): State {
  if (!entry) return beforeLast ? "skipped" : "pending";
  if (!entry.done) return "dirty";
  return entry.checksum === undefined || entry.checksum === checksum ? "applied" : "changed";
}

/** What keeps the pending migrations from being applied. */
export function problemsOf(all: readonly MigrationStatus[], table: string): readonly MigrationProblem[] {
  return all.flatMap((status) => {
    const explain = EXPLANATIONS[status.state];
    if (!explain) return [];
    const { code, text } = explain;
    const file = status.file === undefined ? {} : { file: status.file };
    return [
      {
        code,
        message: text(status.file ?? `${status.version}_${status.name}`, status.version, table),
        ...file,
      },
    ];
  });
}

interface Explanation {
  readonly code: MigrationProblem["code"];
  readonly text: (file: string, version: string, table: string) => string;
}

const EXPLANATIONS: Readonly<Partial<Record<State, Explanation>>> = {
  changed: {
    code: "migration_changed",
    text: (file, _, table) =>
      `${file} has changed since it was applied. Undo the change and write a new migration; or, if the database is as the file says now, run \`twinloop migrate repair\`. Two databases that share one URL also share ${table}: give each its own DATABASE_URL_<NAME>.`,
  },
  skipped: {
    code: "migration_skipped",
    text: (file) =>
      `${file} was not applied, but a later one was. Give it a number after the last one; or, if the order does not matter, run \`twinloop migrate up --allow-skipped\`.`,
  },
  missing: {
    code: "migration_missing",
    text: (file, version, table) =>
      `${file} was applied, and there is no such file any more. Bring it back; or, if it is gone for good, run \`twinloop migrate repair --pending ${version}\`, which takes it out of ${table}.`,
  },
  dirty: {
    code: "migration_dirty",
    text: (file, version) =>
      `${file} was begun outside of a transaction and did not come to its end. Look how far it came; then run \`twinloop migrate repair --applied ${version}\` if all of it is done, or undo what is done and run \`twinloop migrate repair --pending ${version}\`.`,
  },
};
