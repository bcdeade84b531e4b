import type { Connection } from "./connection.ts";
import { MigrationError } from "./migration-error.ts";
import type { Migration } from "./migration-folder.ts";
import type { OwnLedger } from "./own-ledger.ts";
import { tableExists } from "./table.ts";

/**
 * A row of golang-migrate's table, which Encore uses too: the current version, or with Encore's option one of all
 * applied versions.
 */
interface Version {
  readonly version: bigint;
  readonly dirty: boolean;
}

/**
 * Imports the state of a database that golang-migrate has migrated: the files up to its version count as applied, as
 * they are now.
 *
 * Does nothing where the database has a ledger of this package, or no `schema_migrations` of golang-migrate.
 *
 * Shape:  -> the imported versions.
 * Errors: `migration_dirty` where golang-migrate has left a file half applied.
 */
export async function adopt(
  connection: Connection,
  ledger: OwnLedger,
  migrations: readonly Migration[],
): Promise<readonly string[]> {
  const had = await findAdoptable(connection, ledger, migrations);
  await connection.query("begin", []);
  try {
    for (const migration of had) await ledger.finish(migration, 0);
    await connection.query("commit", []);
  } catch (error) {
    await connection.query("rollback", []).catch(() => {});
    throw error;
  }
  return had.map(({ version }) => version);
}

/** Finds the files that `adopt` would import. Changes nothing. Errors: as `adopt`. */
export async function findAdoptable(
  connection: Connection,
  ledger: OwnLedger,
  migrations: readonly Migration[],
): Promise<readonly Migration[]> {
  if ((await ledger.read()).length > 0) return [];
  const versions = await readVersions(connection, ledger.schema);
  const dirty = versions.find((entry) => entry.dirty);
  if (dirty) throw dirtyBefore(dirty.version, ledger.schema);
  return adopted(migrations, versions);
}

/**
 * The files that golang-migrate's table covers. One row is the current version; several rows are all applied versions.
 */
export function adopted(
  migrations: readonly Migration[],
  versions: readonly Version[],
): readonly Migration[] {
  const [first, ...others] = versions.map(({ version }) => version);
  if (first === undefined) return [];
  if (others.length === 0) return migrations.filter(({ version }) => BigInt(version) <= first);
  const all = new Set([first, ...others]);
  return migrations.filter(({ version }) => all.has(BigInt(version)));
}

async function readVersions(connection: Connection, schema: string): Promise<readonly Version[]> {
  const table = `${schema}.schema_migrations`;
  if (!(await tableExists(connection, table))) return [];
  // Other tools have a table of this name with other columns.
  const { rows: columns } = await connection.query(
    `select string_agg(attname || ' ' || atttypid::regtype, ', ' order by attname) as columns
       from pg_attribute where attrelid = to_regclass($1::text) and attnum > 0 and not attisdropped`,
    [table],
  );
  if (columns[0]?.["columns"] !== "dirty boolean, version bigint") return [];
  const { rows } = await connection.query(
    `select version::text as version, dirty from ${table} order by 1`,
    [],
  );
  return rows
    .map((row) => ({ version: BigInt(String(row["version"])), dirty: row["dirty"] === true }))
    .filter(({ version }) => version >= 0n);
}

function dirtyBefore(version: bigint, schema: string): MigrationError {
  const message = `${schema}.schema_migrations says that version ${version} is half applied ("dirty"). Check which of its statements took effect, repair the database, and set \`dirty\` to false; the next run imports the version.`;
  return new MigrationError([{ code: "migration_dirty", message }]);
}
