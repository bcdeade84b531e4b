import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate as drizzleMigrate } from "drizzle-orm/node-postgres/migrator";
import { Client } from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { down, MigrationError, repair, status, up } from "../dist/index.js";

const SERVER = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";

let folder = "";
let database = "";
let db: Client;
const clients: Client[] = [];

async function open(name: string): Promise<Client> {
  const url = new URL(SERVER);
  url.pathname = `/${name}`;
  const client = new Client({ connectionString: url.href });
  client.on("error", () => {});
  await client.connect();
  clients.push(client);
  return client;
}

async function onServer(sql: string): Promise<void> {
  const client = new Client({ connectionString: SERVER });
  await client.connect();
  await client.query(sql);
  await client.end();
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "twinloop-migrations-"));
  database = `migrations_${process.pid}_${Math.random().toString(36).slice(2)}`;
  await onServer(`create database ${database} template template0`);
  db = await open(database);
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end().catch(() => {})));
  await onServer(`drop database ${database} with (force)`);
  rmSync(folder, { recursive: true });
});

function write(name: string, sql: string): string {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, sql);
  return file;
}

async function states(): Promise<Record<string, string>> {
  const { migrations } = await status(db, folder);
  return Object.fromEntries(migrations.map(({ version, state }) => [version, state]));
}

async function tables(): Promise<string[]> {
  const { rows } = await db.query(
    "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1",
  );
  return rows.map(({ relname }) => relname as string);
}

async function failure(work: Promise<unknown>): Promise<MigrationError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(MigrationError);
  return error as MigrationError;
}

test("what is pending is applied in order, once, and recorded", async () => {
  write("10_fill.up.sql", "insert into link values (1); insert into link values (2);");
  write("9_link.up.sql", "create table link (id int)");
  expect(await states()).toEqual({ 9: "pending", 10: "pending" });
  expect(await tables()).toEqual([]);
  const { applied } = await up(db, folder);
  expect(applied.map(({ version }) => version)).toEqual(["9", "10"]);
  expect(await up(db, folder)).toEqual({ applied: [], adopted: [] });
  const { rows } = await db.query(
    "select version::int, name, length(checksum) as sum, applied_at from twinloop_migrations",
  );
  expect(rows).toEqual([
    { version: 9, name: "link", sum: 64, applied_at: expect.any(Date) },
    { version: 10, name: "fill", sum: 64, applied_at: expect.any(Date) },
  ]);
  expect((await db.query("select count(*)::int as n from link")).rows).toEqual([{ n: 2 }]);
});

test("eight processes at once migrate once", async () => {
  write("1_link.up.sql", "create table link (id int); select pg_sleep(0.2)");
  write("2_fill.up.sql", "insert into link values (1)");
  const replicas = await Promise.all(Array.from({ length: 8 }, () => open(database)));
  const reports = await Promise.all(replicas.map((replica) => up(replica, folder)));
  expect(reports.map(({ applied }) => applied.length).sort()).toEqual([0, 0, 0, 0, 0, 0, 0, 2]);
  expect((await db.query("select * from link")).rows).toEqual([{ id: 1 }]);
});

/** The advisory locks of this database: others of the server have some too. */
const LOCKS = `select 1 from pg_locks where locktype = 'advisory'
  and database = (select oid from pg_database where datname = current_database())`;

test("one that holds the lock too long is named", async () => {
  write("1_slow.up.sql", "select pg_sleep(3)");
  write("2_never.up.sql", "select 1");
  const slow = await open(database);
  const running = up(slow, folder, { steps: 1 });
  await expect.poll(async () => (await db.query(LOCKS)).rows.length).toBe(1);
  const error = await failure(up(db, folder, { lockTimeout: 300 }));
  expect(error.code).toBe("migration_locked");
  expect(error.message).toMatch(/process \d+ of the server/);
  await running;
});

test("a process that dies with the lock leaves it to the next", async () => {
  write("1_hang.up.sql", "create table half (id int); select pg_sleep(60)");
  const dying = await open(database);
  const running = failure(up(dying, folder));
  await expect
    .poll(
      async () =>
        (await db.query("select pid from pg_stat_activity where query like '%sleep(60)'")).rows.length,
    )
    .toBeGreaterThan(0);
  await db.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where query like '%sleep(60)' and pid <> pg_backend_pid()",
  );
  expect((await running).code).toBe("migration_failed");
  write("1_hang.up.sql", "create table whole (id int)");
  await up(db, folder, { lockTimeout: 2_000 });
  expect(await tables()).toEqual(["twinloop_migrations", "whole"]);
});

test("a file that fails is rolled back as a whole, and its place is told", async () => {
  write("1_good.up.sql", "create table good (id int)");
  const file = write("2_bad.up.sql", "create table ü (id int);\n\n  select * from\tgoood;\n");
  const error = await failure(up(db, folder));
  expect(error).toMatchObject({ code: "migration_failed", file, line: 3, column: 17, sqlState: "42P01" });
  expect(error.message).toContain(`${file}:3:17: relation "goood" does not exist (42P01)`);
  expect(error.cause).toMatchObject({ code: "42P01" });
  expect(await tables()).toEqual(["good", "twinloop_migrations"]);
  expect(await states()).toEqual({ 1: "applied", 2: "pending" });
});

test("a changed, a skipped and a missing file are told together, and nothing is applied", async () => {
  write("1_a.up.sql", "select 1");
  write("3_c.up.sql", "select 3");
  write("5_e.up.sql", "select 5");
  await up(db, folder);
  write("1_a.up.sql", "select 'other'");
  write("2_b.up.sql", "create table b (id int)");
  rmSync(join(folder, "3_c.up.sql"));
  write("6_f.up.sql", "create table f (id int)");
  expect(await states()).toEqual({ 1: "changed", 2: "skipped", 3: "missing", 5: "applied", 6: "pending" });
  const error = await failure(up(db, folder));
  expect(error.problems.map(({ code }) => code)).toEqual([
    "migration_missing",
    "migration_changed",
    "migration_skipped",
  ]);
  expect(await tables()).toEqual(["twinloop_migrations"]);

  expect(await repair(db, folder)).toMatchObject({
    accepted: ["1"],
    problems: [{ code: "migration_missing" }, { code: "migration_skipped" }],
  });
  await repair(db, folder, { pending: ["3"] });
  const { applied } = await up(db, folder, { allowSkipped: true });
  expect(applied.map(({ version }) => version)).toEqual(["2", "6"]);
  expect((await status(db, folder)).problems).toEqual([]);
});

test("what no transaction may hold runs where the file asks for it", async () => {
  write("1_link.up.sql", "create table link (id int)");
  const file = write("2_index.up.sql", "create index concurrently link_id on link (id)");
  const error = await failure(up(db, folder));
  expect(error.message).toContain("-- twinloop:no-transaction");
  write("2_index.up.sql", "-- twinloop:no-transaction\ncreate index concurrently link_id on link (id)");
  const others = await Promise.all([open(database), open(database)]);
  await Promise.all([db, ...others].map((client) => up(client, folder)));
  expect(await states()).toEqual({ 1: "applied", 2: "applied" });
  expect(error.file).toBe(file);
});

test("a file outside of a transaction that fails is dirty until someone says how it stands", async () => {
  write("1_link.up.sql", "create table link (id int); insert into link values (1), (1)");
  write(
    "2_index.up.sql",
    "-- twinloop:no-transaction\ncreate unique index concurrently link_id on link (id)",
  );
  expect(await failure(up(db, folder))).toMatchObject({ code: "migration_failed", sqlState: "23505" });
  expect(await states()).toEqual({ 1: "applied", 2: "dirty" });
  const error = await failure(up(db, folder));
  expect(error.code).toBe("migration_dirty");
  expect(error.message).toContain("repair --pending 2");
  await db.query("drop index link_id; delete from link");
  await repair(db, folder, { pending: ["2"] });
  await up(db, folder);
  expect(await states()).toEqual({ 1: "applied", 2: "applied" });
  await db.query("update twinloop_migrations set applied_at = null where version = 2");
  expect(await repair(db, folder, { applied: ["2"] })).toMatchObject({ applied: ["2"], problems: [] });
  expect((await failure(repair(db, folder, { applied: ["7"] }))).code).toBe("migration_unreadable");
});

test("a migration that changes role and search path does not lead the next one astray", async () => {
  await db.query("create schema app; set search_path to app");
  write(
    "1_dump.up.sql",
    "select pg_catalog.set_config('search_path', '', false); set role pg_monitor; reset role; create table app.link (id int); set role pg_monitor",
  );
  write("2_fill.up.sql", "insert into link values (1)");
  await up(db, folder);
  expect((await db.query("select version::int from app.twinloop_migrations")).rows).toEqual([
    { version: 1 },
    { version: 2 },
  ]);
});

test("a constraint that is checked at the commit names the file that broke it", async () => {
  write("1_link.up.sql", "create table link (id int unique deferrable initially deferred)");
  const file = write("2_fill.up.sql", "insert into link values (1), (1)");
  expect(await failure(up(db, folder))).toMatchObject({ code: "migration_failed", file, sqlState: "23505" });
  expect(await states()).toEqual({ 1: "applied", 2: "pending" });
});

test("down undoes the last ones, newest first, and refuses before it begins", async () => {
  write("1_a.up.sql", "create table a (id int)");
  write("2_b.up.sql", "create table b (id int)");
  write("2_b.down.sql", "drop table b");
  write("3_c.up.sql", "create table c (id int)");
  write("3_c.down.sql", "drop table c");
  await up(db, folder);
  expect(await down(db, folder)).toEqual([{ version: "3", name: "c" }]);
  await up(db, folder);
  const error = await failure(down(db, folder, { steps: 3 }));
  expect(error).toMatchObject({ code: "migration_irreversible", file: join(folder, "1_a.up.sql") });
  expect(await tables()).toEqual(["a", "b", "c", "twinloop_migrations"]);
  expect((await down(db, folder, { steps: 2 })).map(({ version }) => version)).toEqual(["3", "2"]);
  expect(await states()).toEqual({ 1: "applied", 2: "pending", 3: "pending" });
});

test("a database of golang-migrate is taken over at its version", async () => {
  write("1_a.up.sql", "create table a (id int)");
  write("2_b.up.sql", "create table b (id int)");
  write("3_c.up.sql", "create table c (id int)");
  await db.query(
    "create table schema_migrations (version bigint not null primary key, dirty boolean not null); insert into schema_migrations values (2, true)",
  );
  expect((await failure(up(db, folder))).code).toBe("migration_dirty");
  await db.query("update schema_migrations set dirty = false");
  expect(await states()).toEqual({ 1: "applied", 2: "applied", 3: "pending" });
  expect(await up(db, folder)).toMatchObject({ adopted: ["1", "2"], applied: [{ version: "3" }] });
  expect(await tables()).toEqual(["c", "schema_migrations", "twinloop_migrations"]);
});

test("a table of the same name of another tool is not taken over", async () => {
  write("1_a.up.sql", "create table a (id int)");
  await db.query(
    "create table schema_migrations (version varchar primary key); insert into schema_migrations values ('20240101')",
  );
  expect(await up(db, folder)).toMatchObject({ adopted: [], applied: [{ version: "1" }] });
});

function writeDrizzle(count: number): void {
  const all = [
    { idx: 0, version: "7", when: 1700000000000, tag: "0000_users", breakpoints: true },
    { idx: 1, version: "7", when: 1700000001000, tag: "0001_posts", breakpoints: true },
  ];
  write(
    "0000_users.sql",
    "create table users (id int);\n--> statement-breakpoint\ncreate index users_id on users (id);",
  );
  write("0001_posts.sql", "create table posts (id int);");
  write(
    "meta/_journal.json",
    JSON.stringify({ version: "7", dialect: "postgresql", entries: all.slice(0, count) }),
  );
}

test("Drizzle's folder: its own migrator finds nothing left to do, and the other way round", async () => {
  writeDrizzle(1);
  await up(db, folder);
  await drizzleMigrate(drizzle(db), { migrationsFolder: folder });
  expect((await db.query("select count(*)::int as n from drizzle.__drizzle_migrations")).rows).toEqual([
    { n: 1 },
  ]);
  writeDrizzle(2);
  await drizzleMigrate(drizzle(db), { migrationsFolder: folder });
  expect(await up(db, folder)).toMatchObject({ applied: [] });
  expect(await states()).toEqual({ 1700000000000: "applied", 1700000001000: "applied" });
  expect(await tables()).toEqual(["posts", "users"]);
});

test("Prisma's folder is recorded as Prisma does, and a statement that no transaction may hold runs without one", async () => {
  write("migration_lock.toml", 'provider = "postgresql"\n');
  write("20240101000000_init/migration.sql", "CREATE TABLE a (id int);\nINSERT INTO a VALUES (1);");
  write("20240102000000_index/migration.sql", "CREATE INDEX CONCURRENTLY a_id ON a (id);");
  expect((await up(db, folder)).applied.map(({ name }) => name)).toEqual([
    "20240101000000_init",
    "20240102000000_index",
  ]);
  const { rows } = await db.query(
    "select migration_name as name, length(id) as id, length(checksum) as checksum, finished_at >= started_at as finished, applied_steps_count as steps, rolled_back_at, logs from _prisma_migrations order by 1",
  );
  const row = { id: 36, checksum: 64, finished: true, steps: 1, rolled_back_at: null, logs: null };
  expect(rows).toEqual([
    { name: "20240101000000_init", ...row },
    { name: "20240102000000_index", ...row },
  ]);
  expect((await failure(down(db, folder))).code).toBe("migration_irreversible");
});

test("a migration that Prisma left failed is dirty, and repaired as its own tool would", async () => {
  write("migration_lock.toml", "");
  write("20240101000000_init/migration.sql", "CREATE TABLE a (id int)");
  await up(db, folder);
  await db.query("update _prisma_migrations set finished_at = null, logs = 'it failed'");
  expect(await states()).toEqual({ "20240101000000_init": "dirty" });
  await repair(db, folder, { pending: ["20240101000000_init"] });
  expect((await db.query("select rolled_back_at is not null as back from _prisma_migrations")).rows).toEqual([
    { back: true },
  ]);
  await db.query("drop table a");
  await up(db, folder);
  expect(await states()).toEqual({ "20240101000000_init": "applied" });
});

test("an error inside a do block or a function of the file is shown at its line in the file", async () => {
  const places: [sql: string, line: number, column: number][] = [
    [
      "create table a (i int);\n\ndo $$\nbegin\n  perform 1;\n  insert into missing values (1);\nend $$;",
      6,
      15,
    ],
    [
      "do $$ begin perform 1; end $$;\ndo language plpgsql '\nbegin\n  if missing > 1 then null; end if;\nend'",
      4,
      6,
    ],
    ["do $$ begin\n  perform 1/0;\nend $$", 2, 3],
    ["do $$ begin null; end $$;\ndo $$\nbegin raise exception 'é'; end $$", 3, 1],
    [
      "create function f() returns void language plpgsql as $f$\nbegin\n  delete from nix;\nend $f$;\nselect f();",
      3,
      15,
    ],
    ["create function g() returns int language sql as $$ select\n nix from pg_class $$", 2, 2],
    ["do $$\nbegin\n  foo bar;\nend $$", 3, 3],
  ];
  for (const [sql, line, column] of places) {
    const file = write("1_a.up.sql", sql);
    const error = await failure(up(db, folder));
    expect([error.file, error.line, error.column], sql).toEqual([file, line, column]);
  }
});

test("an error inside a function of another file is shown with the statement that the server ran", async () => {
  write(
    "1_f.up.sql",
    "create function f() returns void language plpgsql as $$ begin\n delete from nix;\nend $$",
  );
  const file = write("2_call.up.sql", "select 1;\nselect f();");
  const error = await failure(up(db, folder));
  expect(error.message).toBe(
    [
      `${file}: relation "nix" does not exist (42P01)`,
      "  in a statement that the server ran:",
      "  1 | delete from nix",
      "    |             ^",
      "  where: PL/pgSQL function f() line 2 at SQL statement",
    ].join("\n"),
  );
});

test("a file with its own transaction control is refused before anything of any file runs", async () => {
  write("1_a.up.sql", "create table a (id int)");
  const file = write("2_b.up.sql", "begin;\ncreate table b (id int);\ncommit;");
  const error = await failure(up(db, folder));
  expect(error.problems.map(({ code, line }) => [code, line])).toEqual([
    ["migration_refused", 1],
    ["migration_refused", 3],
  ]);
  expect(error.file).toBe(file);
  expect((await status(db, folder)).problems).toHaveLength(2);
  expect(await tables()).toEqual(["twinloop_migrations"]);
  // What was applied before is not looked at again: it is as it is.
  await repair(db, folder, { applied: ["2"] });
  expect((await up(db, folder, { allowSkipped: true })).applied).toHaveLength(1);
});

test("a file that controls its transactions by the mark, and one of Prisma's, are run and recorded", async () => {
  write("1_a.up.sql", "-- about\n-- twinloop:no-transaction\nbegin; create table a (id int); commit;");
  await up(db, folder);
  expect(await states()).toEqual({ 1: "applied" });
  rmSync(join(folder, "1_a.up.sql"));
  write("migration_lock.toml", "");
  write("20240101_enum/migration.sql", "-- AlterEnum\nBEGIN;\nCREATE TYPE st AS ENUM ('a');\nCOMMIT;");
  await up(db, folder);
  expect(await states()).toEqual({ "20240101_enum": "applied" });
});

test("a value that is added to an enum and used in one file says how to write it", async () => {
  write("1_st.up.sql", "create type st as enum ('a'); create table t (s st)");
  await up(db, folder);
  write("2_b.up.sql", "alter type st add value 'b';\ninsert into t values ('b');");
  const error = await failure(up(db, folder));
  expect(error.sqlState).toBe("55P04");
  expect(error.message).toContain("Add the value in a migration of its own");
});
