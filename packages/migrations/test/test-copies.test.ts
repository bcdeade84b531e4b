import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createDatabase, server, urlOf } from "../../sqldb/test/test-database.ts";

const run = promisify(execFile);
const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const APP = fileURLToPath(new URL("../../sqldb/test/fixtures/tested.mjs", import.meta.url));

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "twinloop-copies-"));
  writeFileSync(join(root, "package.json"), JSON.stringify({ name: root.split("-").at(-1) }));
  mkdirSync(join(root, "node_modules/@twinloop"), { recursive: true });
  symlinkSync(PACKAGE, join(root, "node_modules/@twinloop/migrations"));
  mkdirSync(join(root, "sql"));
  writeFileSync(join(root, "sql/1_link.up.sql"), "create table link (id int generated always as identity)");
});
afterEach(async () => {
  rmSync(root, { recursive: true, force: true });
  for (const name of await named()) {
    await server().rawExec(`alter database "${name}" with is_template false`);
    await server().rawExec(`drop database "${name}" with (force)`);
  }
});

/** The beginning of the names that the runs of this test's app have given to databases. */
let prefix = "";

async function named(): Promise<string[]> {
  if (prefix === "") return [];
  const found = await server().queryAll<{ name: string }>`
    select datname as name from pg_database where starts_with(datname, ${`${prefix}_`}) order by 1`;
  return found.map(({ name }) => name);
}

interface Printed {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: number;
  readonly early?: string;
  readonly message: string;
}

/** Runs the fixture as a test file of an app of this folder. */
async function testFile(database: string, ...words: string[]): Promise<Printed> {
  const env = {
    PATH: process.env["PATH"],
    TWINLOOP_ROOT: root,
    LOG_LEVEL: "silent",
    DATABASE_URL: urlOf(database),
  };
  const ended = await run(process.execPath, [APP, ...words], { env, timeout: 90_000 }).catch(
    (error: { stdout: string }) => error,
  );
  const printed = JSON.parse(ended.stdout.trim()) as Printed;
  if (printed.name !== undefined) prefix = printed.name.slice(0, printed.name.indexOf("_c_"));
  return printed;
}

test("files that run at once have copies of one template, which see nothing of each other", async () => {
  const database = await createDatabase();
  const files = await Promise.all([1, 2, 3].map(() => testFile(database, "run", "sql")));
  expect(new Set(files.map(({ name }) => name)).size).toBe(3);
  for (const { name, columns, rows } of files) {
    expect(name).toMatch(/^twinloop_test_[0-9a-f]{8}_c_/);
    expect([columns, rows]).toEqual([["id"], 1]);
  }
  // The copies are gone, and the template stays for the next run.
  expect(await named()).toEqual([expect.stringMatching(/_[0-9a-f]{12}$/)]);
});

test("changed migrations have a template of their own", async () => {
  const database = await createDatabase();
  await testFile(database, "run", "sql");
  writeFileSync(join(root, "sql/2_more.up.sql"), "alter table link add more text");
  expect((await testFile(database, "run", "sql")).columns).toEqual(["id", "more"]);
  writeFileSync(join(root, "sql/2_more.up.sql"), "alter table link add other text");
  expect((await testFile(database, "run", "sql")).columns).toEqual(["id", "other"]);
  expect(await named()).toHaveLength(3);
});

test("a template whose migrations have failed is made anew", async () => {
  const database = await createDatabase();
  await testFile(database, "run", "sql");
  writeFileSync(join(root, "sql/2_more.up.sql"), "create table more (id int); select nonsense;");
  expect((await testFile(database, "run", "sql")).message).toContain("2_more.up.sql:1:");
  writeFileSync(join(root, "sql/2_more.up.sql"), "alter table link add more text");
  expect((await testFile(database, "run", "sql")).columns).toEqual(["id", "more"]);
});

test("what killed runs have left is removed, and what is in use is not", async () => {
  const database = await createDatabase();
  const killed = await testFile(database, "killed", "sql");
  expect(await named()).toContain(killed.name);
  const old = (Date.now() - 120_000).toString(36);
  const [left, used] = [`${prefix}_c_${old}_left`, `${prefix}_c_${old}_used`];
  for (const name of [left, used]) await server().rawExec(`create database ${name} template template0`);
  // Locks count within the database that the runs connect to.
  const { SQLDatabase } = await import("../../sqldb/dist/index.js");
  const other = new SQLDatabase("other", { connectionString: urlOf(database) });
  await using holder = await other.acquire();
  await holder.queryRow`select pg_advisory_lock(hashtextextended(${used}, 0))`;
  await testFile(database, "run", "sql");
  const names = await named();
  expect([names.includes(left), names.includes(used)]).toEqual([false, true]);
  await holder.close();
  await other.close();
});

test("a connection string that is read while modules load is the copy's", async () => {
  const { name, early, rows } = await testFile(await createDatabase(), "import", "sql");
  expect([early, rows]).toEqual([name, 1]);
});

test("a database without migrations is an empty copy", async () => {
  expect(await testFile(await createDatabase(), "run")).toMatchObject({ columns: [], rows: 0 });
  expect(await named()).toEqual([`${prefix}_empty`]);
});

test("a database that was declared before its test is refused", async () => {
  const { message } = await testFile(await createDatabase(), "late", "sql");
  expect(message).toContain("was declared before its test");
});
