import { randomBytes } from "node:crypto";
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { SQLDatabase } from "@twinloop/sqldb";

const SERVER = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";
// It would go before what is said here, and the databases here are two.
delete process.env["DATABASE_URL"];
const FIXTURE = fileURLToPath(new URL("fixtures/rate-limit.mjs", import.meta.url));
const NAME = `twinloop_rates_${randomBytes(6).toString("hex")}`;

const admin = new SQLDatabase("admin", { connectionString: SERVER });
const undo: (() => unknown)[] = [];
let urls: readonly string[] = [];
let output = "";

beforeAll(async () => {
  await admin.rawExec(`create database ${NAME} template template0`);
  undo.push(async () => {
    await admin.rawExec(`drop database if exists ${NAME} with (force)`);
    await admin.close();
  });
  urls = await Promise.all([launch(), launch()]);
}, 60_000);

afterAll(async () => {
  for (const step of undo.reverse()) await step();
});

function launch(): Promise<string> {
  const url = new URL(SERVER);
  url.pathname = `/${NAME}`;
  const env = { ...process.env, PORT: "0", DATABASE_URL_MAIN: url.href, LOG_FORMAT: "json" };
  const child = spawn(process.execPath, [FIXTURE], { env, stdio: ["ignore", "pipe", "pipe"] });
  undo.push(() => child.kill("SIGKILL"));
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      const found = /listening (http:\S+)/.exec(chunk.toString());
      if (found) resolve(found[1]!);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("exit", () => reject(new Error(`it did not start:\n${output}`)));
  });
}

async function statuses(
  path: string,
  count: number,
  headers: Record<string, string> = {},
): Promise<number[]> {
  const all: number[] = [];
  for (let index = 0; index < count; index++) {
    const response = await fetch(urls[index % urls.length]! + path, { headers });
    await response.arrayBuffer();
    all.push(response.status);
  }
  return all;
}

test("two processes let no more pass together than the limit, and few less", async () => {
  const passed = (await statuses("/limited", 60)).filter((status) => status === 200).length;
  expect(passed).toBeLessThanOrEqual(24);
  // A process may hold an eighth of the limit that it does not use.
  expect(passed).toBeGreaterThanOrEqual(24 - 3);
});

test("a header is one client in each process, and is not kept", async () => {
  expect(await statuses("/header", 4, { "x-client": "canary" })).toEqual([200, 200, 429, 429]);
  expect(await statuses("/header", 1, { "x-client": "other" })).toEqual([200]);
  const url = new URL(SERVER);
  url.pathname = `/${NAME}`;
  const own = new SQLDatabase("own", { connectionString: url.href });
  const rows = await own.rawQueryAll<{ key: string }>("select key from twinloop.rate_limit");
  await own.close();
  expect(rows.length).toBeGreaterThanOrEqual(3);
  expect(rows.every(({ key }) => /^[0-9a-f]{32}$/.test(key))).toBe(true);
  expect(output).not.toContain("canary");
});

test("while the database is away each process counts by itself, or refuses, as the option says", async () => {
  expect(await statuses("/refuses", 2)).toEqual([200, 200]);
  await admin.rawExec(`drop database ${NAME} with (force)`);
  await vi.waitFor(async () => expect(await statuses("/refuses", 1)).toEqual([503]), { timeout: 20_000 });
  expect(new Set(await statuses("/allows", 20))).toEqual(new Set([200]));
  await vi.waitFor(() => expect(output).toContain("failed to count rate limits in the database"));
});
