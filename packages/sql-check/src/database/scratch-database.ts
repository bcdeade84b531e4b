import { COLUMNS_QUERY, placed, type CatalogueColumn } from "./catalogue.ts";
import { codeOf, connect, type ScratchConnection } from "./connection.ts";
import { importOfApp } from "./app-import.ts";
import { relativePath } from "@twinloop/compiler/internal";

/** The migrations that a scratch database is made of. */
export interface ScratchRequest {
  /** The app's folder. */
  readonly root: string;
  /** The URL of any database of the server, whose role may create databases. */
  readonly server: string;
  /** The folder of the migrations, absolute; `undefined` for an empty database. */
  readonly folder: string | undefined;
  /** The beginning of the names of the app's scratch databases. */
  readonly prefix: string;
  /** What the content of the migrations hashes to. */
  readonly hash: string;
}

/** The part of `@twinloop/migrations` that is used here. */
interface Runner {
  readFolder(path: string): { readonly migrations: readonly { readonly file: string }[] };
  up(
    connection: { query(text: string, parameters?: readonly unknown[]): Promise<{ rows: unknown[] }> },
    path: string,
    options: { readonly steps: number },
  ): Promise<{ readonly applied: readonly { readonly version: string }[] }>;
}

/** SQLSTATE of a database that another process has just made. */
const MADE_MEANWHILE: ReadonlySet<string> = new Set(["42P04", "23505"]);

/**
 * Makes a database and applies the migrations to it one by one, so that each column knows its file.
 *
 * Shape:  -> the name of the database and its columns. What the app's earlier scratch databases were is removed.
 * Errors: `MigrationError` of a migration that fails, with its file and line; the database is removed.
 */
export async function makeScratch(
  request: ScratchRequest,
): Promise<{ readonly database: string; readonly columns: readonly CatalogueColumn[] }> {
  const { server, prefix, hash } = request;
  const database = `${prefix}_${hash.slice(0, 12)}_${process.pid.toString(36)}`;
  const admin = connect(server);
  try {
    await removeAll(admin, prefix);
    await create(admin, database);
    try {
      return { database, columns: await migrate(request, database) };
    } catch (error) {
      await admin.unsafe(`drop database if exists "${database}" with (force)`);
      throw error;
    }
  } finally {
    await admin.end();
  }
}

/** The scratch database of this content that a process has left, so that it need not be made again. */
export async function findScratch(server: string, prefix: string, hash: string): Promise<string | undefined> {
  const admin = connect(server);
  try {
    const names = await namesOf(admin, `${prefix}_${hash.slice(0, 12)}_`);
    return names.find(({ ready }) => ready)?.name;
  } finally {
    await admin.end();
  }
}

async function create(admin: ScratchConnection, database: string): Promise<void> {
  try {
    await admin.unsafe(`create database "${database}" template template0`);
  } catch (error) {
    if (!MADE_MEANWHILE.has(codeOf(error))) throw error;
  }
}

async function namesOf(
  admin: ScratchConnection,
  prefix: string,
): Promise<{ name: string; ready: boolean }[]> {
  const rows = await admin`
    select datname::text as name, shobj_description(oid, 'pg_database') is not null as ready
      from pg_database where starts_with(datname::text, ${prefix})`;
  return rows.map(({ name, ready }) => ({ name: String(name), ready: ready === true }));
}

/** Removes the earlier databases of the app, but for those that a process is connected to. */
async function removeAll(admin: ScratchConnection, prefix: string): Promise<void> {
  for (const { name } of await namesOf(admin, `${prefix}_`)) {
    await admin.unsafe(`drop database if exists "${name}"`).catch(() => undefined);
  }
}

async function migrate(
  { root, server, folder }: ScratchRequest,
  database: string,
): Promise<readonly CatalogueColumn[]> {
  const own = connect(server, database);
  try {
    const columns = folder === undefined ? [] : await applyAll(own, root, folder);
    // The comment tells other processes that the database is whole.
    await own.unsafe(`comment on database "${database}" is 'migrated'`);
    return columns;
  } finally {
    await own.end();
  }
}

async function applyAll(
  own: ScratchConnection,
  root: string,
  folder: string,
): Promise<readonly CatalogueColumn[]> {
  const runner = await importOfApp<Runner>(root, "@twinloop/migrations");
  const connection = {
    async query(text: string, parameters?: readonly unknown[]): Promise<{ rows: unknown[] }> {
      const rows =
        parameters === undefined
          ? await own.unsafe(text).simple()
          : await own.unsafe(text, parameters as never[]);
      return { rows: [...rows] };
    },
  };
  let columns: readonly CatalogueColumn[] = [];
  for (const { file } of runner.readFolder(folder).migrations) {
    await runner.up(connection, folder, { steps: 1 });
    const now = (await own.unsafe(COLUMNS_QUERY)) as unknown as readonly CatalogueColumn[];
    columns = placed(columns, [...now], { path: file, file: relativePath(root, file) });
  }
  return columns.filter(({ tableName, schema }) => !RECORDS.has(tableName) && schema !== "drizzle");
}

/** The tables in which migrations are recorded, which are no tables of the app. */
const RECORDS: ReadonlySet<string> = new Set(["twinloop_migrations", "_prisma_migrations"]);
