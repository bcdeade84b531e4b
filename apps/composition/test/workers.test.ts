import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { SQLDatabase } from "@twinloop/sqldb";

vi.setConfig({ testTimeout: 60_000 });

const SERVER = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";
const NAME = `twinloop_workers_${process.pid}`;
const admin = new SQLDatabase("admin", { connectionString: SERVER });

beforeAll(() => admin.rawExec(`create database ${NAME} template template0`));
afterAll(() => admin.rawExec(`drop database if exists ${NAME} with (force)`));

interface App {
  readonly child: ChildProcess;
  readonly ask: (path: string) => Promise<Response>;
  readonly output: () => string;
  readonly ended: Promise<unknown[]>;
}

/** Three isolates with one database. */
async function run(): Promise<App> {
  const url = new URL(SERVER);
  url.pathname = `/${NAME}`;
  const child = spawn(process.execPath, [fileURLToPath(new URL("fixtures/workers.mjs", import.meta.url))], {
    env: { ...process.env, PORT: "0", LOG_FORMAT: "json", DATABASE_URL_COMPOSITION: url.href },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const ended = once(child, "close");
  const base = await vi.waitFor(() => /listening (http:\S+)/.exec(text)![1]!, { timeout: 30_000 });
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
  return { child, ask: (path) => fetch(base + path, init), output: () => text, ended };
}

async function rows(app: App): Promise<number[]> {
  return ((await (await app.ask("/rows")).json()) as { workers: number[] }).workers;
}

test("isolates share one database: a worker's end rolls back, a stop finishes everywhere", async () => {
  const app = await run();
  const added = await Promise.all(Array.from({ length: 30 }, () => app.ask("/add")));
  expect(added.every(({ status }) => status === 200)).toBe(true);
  expect(new Set(await rows(app))).toEqual(new Set([0, 1, 2]));

  await vi.waitFor(async () => expect((await app.ask("/end")).status).toBe(503), { interval: 10 });
  await vi.waitFor(() => expect(app.output().match(/isolate \d runs/g)).toHaveLength(4), { timeout: 20_000 });
  expect(await rows(app)).not.toContain(1000);

  const slow = Promise.all(Array.from({ length: 9 }, async () => (await app.ask("/slow")).status));
  await vi.waitFor(() => expect(app.output().match(/slow begun/g)).toHaveLength(9), { timeout: 20_000 });
  app.child.kill("SIGTERM");
  expect(new Set(await slow)).toEqual(new Set([200]));
  expect(await app.ended, app.output()).toEqual([0, null]);
  // Hooks run in each isolate, after the last request and while the database is still open.
  expect(app.output().match(/saw 39 rows in its hook/g), app.output()).toHaveLength(3);
});
