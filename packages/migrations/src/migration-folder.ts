import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { MigrationFormat } from "@twinloop/sqldb/internal";
import { MigrationError, refuse, type MigrationProblem } from "./migration-error.ts";

/** The format of a folder: Twinloop's own (golang-migrate's file names), Prisma's or Drizzle's. */
export type Format = MigrationFormat;

/** One migration of a folder. */
export interface Migration {
  /** The identifier of the migration: its number as decimal digits, or in Prisma's folder its name. */
  readonly version: string;
  /** The name without number and ending: `links` for `1_links.up.sql`; Prisma's and Drizzle's full names. */
  readonly name: string;
  /** The absolute path of the file that applies the migration. */
  readonly file: string;
  /** The text of the file, without its byte order mark. */
  readonly sql: string;
  /** SHA-256 of the file in hexadecimal, computed as the format's own tool does. */
  readonly checksum: string;
  /** The path of the file that reverts the migration. */
  readonly downFile: string | undefined;
}

/** A folder of migrations, in the order in which they are applied. */
export interface MigrationFolder {
  readonly path: string;
  readonly format: Format;
  readonly migrations: readonly Migration[];
}

/** A file of golang-migrate's form. Source: golang-migrate, "MIGRATIONS.md". */
const FILE_NAME = /^(\d+)_(.+)\.(up|down)\.sql$/;
/** The largest version: the maximum of PostgreSQL's `bigint`. */
const MAX_VERSION = 2n ** 63n - 1n;

/**
 * Reads a folder of migrations.
 *
 * Shape:  `1_links.up.sql` and, where it can be reverted, `1_links.down.sql`; or a folder of Prisma's or Drizzle's,
 * detected by its content.
 * Errors: `migration_unreadable`, `migration_duplicate`, for all problems at once.
 */
export function readFolder(path: string, format: Format = detect(path)): MigrationFolder {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    const message = `There is no folder ${path} to read migrations from. Create it, or correct the database's \`migrations\`.`;
    throw new MigrationError([{ code: "migration_unreadable", message, file: path }]);
  }
  const read = { twinloop: readOwn, prisma: readPrisma, drizzle: readDrizzle }[format];
  return { path, format, migrations: read(path) };
}

/** Detects the format of a folder by its content. */
function detect(path: string): Format {
  if (existsSync(join(path, "meta", "_journal.json"))) return "drizzle";
  if (existsSync(join(path, "migration_lock.toml"))) return "prisma";
  return "twinloop";
}

/**
 * Reads a folder of Twinloop's form, in the order of the numbers: `10_…` goes after `9_…`. Leading zeros do not
 * count: `001_…` and `1_…` are duplicates. Files that do not end in `.sql` are ignored.
 */
function readOwn(path: string): Migration[] {
  const problems: MigrationProblem[] = [];
  const ups = new Map<string, { file: string; name: string }>();
  const downs = new Map<string, string>();
  for (const entry of readdirSync(path).sort()) {
    if (!entry.endsWith(".sql")) continue;
    const file = join(path, entry);
    const [, digits = "", name = "", direction] = FILE_NAME.exec(entry) ?? [];
    if (!direction || BigInt(digits) > MAX_VERSION) {
      problems.push(misnamed(file));
      continue;
    }
    const version = String(BigInt(digits));
    const other = direction === "up" ? ups.get(version)?.file : downs.get(version);
    if (other !== undefined) problems.push(duplicate(version, other, file));
    else if (direction === "up") ups.set(version, { file, name });
    else downs.set(version, file);
  }
  for (const [version, file] of downs) if (!ups.has(version)) problems.push(withoutUp(file));
  refuse(problems);
  const order = (one: string, other: string): number => (BigInt(one) < BigInt(other) ? -1 : 1);
  return [...ups.keys()].sort(order).map((version) => {
    const { file, name } = ups.get(version)!;
    const sql = readSql(file);
    // A checkout may convert line ends; the checksum ignores them.
    const checksum = sha256(sql.replaceAll("\r\n", "\n"));
    return { version, name, file, sql, checksum, downFile: downs.get(version) };
  });
}

function misnamed(file: string): MigrationProblem {
  const message = `${file} does not have the name of a migration: rename it to <number>_<name>.up.sql or <number>_<name>.down.sql, with a number up to ${MAX_VERSION}.`;
  return { code: "migration_unreadable", message, file };
}

function duplicate(version: string, one: string, other: string): MigrationProblem {
  const message = `${one} and ${other} are both version ${version}. Give the later one a higher number.`;
  return { code: "migration_duplicate", message, file: other };
}

function withoutUp(file: string): MigrationProblem {
  const message = `${file} reverts a migration that does not exist: its .up.sql is missing. Add it, or remove this file.`;
  return { code: "migration_unreadable", message, file };
}

/** Reads a folder of Prisma. Source: Prisma, "About migration histories"; the checksum is over the unchanged bytes. */
function readPrisma(path: string): Migration[] {
  const names = readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(path, entry.name, "migration.sql")))
    .map(({ name }) => name)
    .sort();
  return names.map((name) => {
    const file = join(path, name, "migration.sql");
    const sql = readSql(file);
    return {
      version: name,
      name,
      file,
      sql,
      checksum: sha256(readFileSync(file)),
      downFile: undefined,
    };
  });
}

/**
 * What `meta/_journal.json` says: `idx` is the order, `when` the time of generation in milliseconds, `tag` the file's
 * name without `.sql`.
 */
interface DrizzleJournal {
  readonly entries: readonly { readonly idx: number; readonly when: number; readonly tag: string }[];
}

/**
 * Reads a folder of Drizzle. Source: drizzle-orm's `readMigrationFiles`; a migration is identified by the time of its
 * generation, in milliseconds.
 */
function readDrizzle(path: string): Migration[] {
  const journal = join(path, "meta", "_journal.json");
  const { entries } = JSON.parse(readFileSync(journal, "utf8")) as DrizzleJournal;
  const absent = entries.filter(({ tag }) => !existsSync(join(path, `${tag}.sql`)));
  refuse(
    absent.map(({ tag }) => {
      const message = `${journal} names ${tag}.sql, which does not exist. Restore the file, or generate the migrations again.`;
      return { code: "migration_unreadable", message, file: join(path, `${tag}.sql`) };
    }),
  );
  return [...entries]
    .sort((one, other) => one.idx - other.idx)
    .map(({ when, tag }) => {
      const file = join(path, `${tag}.sql`);
      const sql = readSql(file);
      return {
        version: String(when),
        name: tag,
        file,
        sql,
        checksum: sha256(readFileSync(file)),
        downFile: undefined,
      };
    });
}

/** Reads a file of SQL without a byte order mark, which PostgreSQL would report as a syntax error. */
export function readSql(file: string): string {
  return readFileSync(file, "utf8").replace(/^\uFEFF/, "");
}

function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
