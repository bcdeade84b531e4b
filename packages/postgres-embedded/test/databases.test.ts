import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Client } from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import "../dist/index.js";
import { resolveDatabaseUrl } from "../../sqldb/dist/location/database-url.js";
import type { ClosableConnection } from "../../sqldb/dist/location/ensure-database.js";

const run = promisify(execFile);
const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const APP = fileURLToPath(new URL("../../sqldb/test/fixtures/several.mjs", import.meta.url));
const LONG = { timeout: 100_000 };

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "twinloop-databases-"));
  chmodSync(root, 0o755);
  writeFileSync(join(root, "package.json"), "{}");
  mkdirSync(join(root, "node_modules/@twinloop"), { recursive: true });
  symlinkSync(PACKAGE, join(root, "node_modules/@twinloop/postgres-embedded"));
});
afterEach(() => rmSync(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 }));

/** Runs the fixture as an app of this folder, without a URL, and gives the lines that it prints. */
async function app(...words: string[]): Promise<unknown[]> {
  const { stdout } = await run(process.execPath, [APP, ...words], {
    env: { PATH: process.env["PATH"], TWINLOOP_ROOT: root, LOG_LEVEL: "silent" },
    timeout: 90_000,
  });
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function connect(url: string): Promise<ClosableConnection> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return { query: (sql, parameters) => client.query(sql, parameters), close: () => client.end() };
}

test("each name gets a database of its own on the one server", LONG, async () => {
  const env = {};
  const names = ["links", "user-events", 'odd "name"'];
  const found = await Promise.all(names.map((name) => resolveDatabaseUrl(name, root, connect, env)));
  for (const [index, { url, from }] of found.entries()) {
    expect(from).toBe("embedded");
    expect(await query(url, "select current_database() as name")).toEqual([{ name: names[index] }]);
  }
  const again = await resolveDatabaseUrl("links", root, connect, env);
  expect(again.url).toBe(found[0]!.url);
  await Promise.all([again, ...found].map(({ release }) => release()));
});

test(
  "databases without a URL are on the embedded server of an app that has only this package installed",
  LONG,
  async () => {
    expect(await app("start", "links", "clicks")).toEqual([["links", "clicks"]]);
  },
);

test("a connection string is good while modules are loaded, on the embedded server", LONG, async () => {
  expect(await app("import", "a", "b")).toEqual([
    ["a", "b"],
    ["a", "b"],
  ]);
});
