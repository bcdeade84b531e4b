import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createDatabase, urlOf } from "../../sqldb/test/test-database.ts";

const run = promisify(execFile);
const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const APP = fileURLToPath(new URL("../../sqldb/test/fixtures/several.mjs", import.meta.url));

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "twinloop-start-"));
  writeFileSync(join(root, "package.json"), "{}");
  mkdirSync(join(root, "node_modules/@twinloop"), { recursive: true });
  symlinkSync(PACKAGE, join(root, "node_modules/@twinloop/migrations"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Runs the fixture as an app of this folder and gives the lines that it prints. */
async function app(words: string[], env: NodeJS.ProcessEnv): Promise<any[]> {
  const { stdout } = await run(process.execPath, [APP, ...words], {
    env: { PATH: process.env["PATH"], TWINLOOP_ROOT: root, LOG_LEVEL: "silent", ...env },
    timeout: 90_000,
  });
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}

test("an app that has the package installed has its migrations applied at start", async () => {
  const database = await createDatabase();
  mkdirSync(join(root, "one"));
  writeFileSync(join(root, "one/1_link.up.sql"), "create table link (id int)");
  expect(await app(["start", "a=one"], { DATABASE_URL_A: urlOf(database) })).toEqual([[database]]);
  writeFileSync(join(root, "one/2_more.up.sql"), "create table more (id int);\nselect nonsense;\n");
  const [{ message }] = await app(["start", "a=one"], { DATABASE_URL_A: urlOf(database) });
  expect(message).toContain('The database "a" cannot be migrated: ');
  expect(message).toContain("2_more.up.sql:2:8");
});

test("a folder that is nowhere is told with every place that was looked at", async () => {
  const [{ message }] = await app(["start", "a=nowhere"], { DATABASE_URL_A: urlOf(await createDatabase()) });
  expect(message).toContain('to read the migrations of "a" from');
  expect(message).toContain(join(root, "nowhere"));
});

test("two folders of migrations in one database are refused before either is applied", async () => {
  const database = await createDatabase();
  const env = { DATABASE_URL_A: urlOf(database), DATABASE_URL_B: urlOf(database) };
  const [{ message }] = await app(["start", "a=one", "b=two"], env);
  expect(message).toContain("have different migration folders");
  expect(message).toContain("DATABASE_URL_B");
});
