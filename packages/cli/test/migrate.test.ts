import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SQLDatabase } from "@twinloop/sqldb";
import { run } from "../src/command.ts";

const SERVER = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";
const here = fileURLToPath(new URL("..", import.meta.url));
const server = new SQLDatabase("test server", { connectionString: SERVER });

let root = "";
let name = "";
let out = "";

beforeEach(async () => {
  mkdirSync(join(here, ".twinloop"), { recursive: true });
  root = mkdtempSync(join(here, ".twinloop/migrate-"));
  writeFileSync(join(root, "package.json"), '{ "type": "module" }');
  mkdirSync(join(root, "node_modules/@twinloop"), { recursive: true });
  for (const name of ["sqldb", "migrations"]) {
    const folder = fileURLToPath(new URL(`../../${name}`, import.meta.url));
    symlinkSync(folder, join(root, "node_modules/@twinloop", name));
  }
  name = `cli_${process.pid}_${Math.random().toString(36).slice(2)}`;
  await server.rawExec(`create database ${name} template template0`);
  const url = new URL(SERVER);
  url.pathname = `/${name}`;
  vi.stubEnv("DATABASE_URL_LINKS", url.href);
  vi.stubEnv("TWINLOOP_ROOT", root);
  const write = (text: string | Uint8Array): boolean => ((out += String(text)), true);
  vi.spyOn(process.stdout, "write").mockImplementation(write);
  vi.spyOn(process.stderr, "write").mockImplementation(write);
});

afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
  await server.rawExec(`drop database ${name} with (force)`);
});

async function migrate(...words: string[]): Promise<{ code: number; text: string }> {
  out = "";
  const code = await run(["migrate", ...words, "--root", root]);
  return { code, text: out.replaceAll(root, ".") };
}

const LINKS = ["--database", "links", "--migrations", "migrations"];

function write(file: string, sql: string): void {
  mkdirSync(join(root, "migrations"), { recursive: true });
  writeFileSync(join(root, "migrations", file), sql);
}

test("a migration is written, shown, applied, shown again and undone", async () => {
  expect(await migrate("new", "links", ...LINKS)).toEqual({
    code: 0,
    text: "created ./migrations/1_links.up.sql\ncreated ./migrations/1_links.down.sql\n",
  });
  write("1_links.up.sql", "create table links (id int); create table more (id int);");
  write("1_links.down.sql", "drop table links; drop table more;");
  expect((await migrate("status", ...LINKS)).text).toMatch(
    /links: 1 migration in .*\n {2}pending {2}1_links\n/,
  );
  expect((await migrate("up", ...LINKS)).text).toMatch(
    /^links: 1 migration\n {2}applied 1_links \(\d+ ms\)\n$/,
  );
  expect((await migrate("up", ...LINKS)).text).toBe("links: nothing to apply\n");
  expect((await migrate("status", ...LINKS)).text).toMatch(
    /applied {2}1_links {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n/,
  );
  expect((await migrate("down", ...LINKS)).text).toBe("links: 1 migration\n  reverted 1_links\n");
});

test("a file that fails is shown with its line, and the exit code says so", async () => {
  write("1_bad.up.sql", "create table links (id int);\nselect nonsense;\n");
  const { code, text } = await migrate("up", ...LINKS);
  expect(code).toBe(1);
  expect(text).toContain('migrations/1_bad.up.sql:2:8: column "nonsense" does not exist (42703)');
  expect(text).toContain("2 | select nonsense;");
});

test("what repair should do is said in words", async () => {
  write("1_a.up.sql", "select 1");
  await migrate("up", ...LINKS);
  write("1_a.up.sql", "select 2");
  const status = await migrate("status", ...LINKS);
  expect(status.code).toBe(1);
  expect(status.text).toContain("changed  1_a");
  expect(await migrate("repair", ...LINKS)).toEqual({
    code: 0,
    text: "links: 1 repair\n  accepted 1 as its file is now\n",
  });
  expect((await migrate("status", ...LINKS)).code).toBe(0);
});

test("a command line that cannot be meant is answered with what there is", async () => {
  expect(await migrate("sideways", ...LINKS)).toMatchObject({
    code: 2,
    text: expect.stringContaining("status, up, down, new, repair"),
  });
  expect((await migrate("up", "--steps", "0", ...LINKS)).text).toContain("--steps");
  expect((await migrate("new", ...LINKS)).code).toBe(2);
  expect(readdirSync(root)).not.toContain("migrations");
});
