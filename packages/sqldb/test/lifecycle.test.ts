import { execFile } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { expect, test, vi } from "vitest";
import { SQLDatabase, start, stop } from "../dist/index.js";
import { createDatabase, openDatabase, sessionsOf, until, urlOf } from "./test-database.ts";

const fixture = (name: string) => new URL(`fixtures/${name}`, import.meta.url);

test("S26: an isolate that is terminated leaves no transaction, statement or connection behind", async () => {
  const db = await openDatabase({ maxConnections: 6 });
  await db.rawExec("create table left_open (n int)");
  const worker = new Worker(fixture("worker.mjs"), { workerData: db.connectionString });
  await once(worker, "message");
  await until(async () => (await db.poolCounts()).used >= 3);
  await worker.terminate();
  await until(async () => (await sessionsOf(db)).every(({ state }) => state === "idle"));
  await until(async () => (await db.poolCounts()).used === 0);
  expect(await db.queryAll`select * from left_open`).toEqual([]);
});

test("S22: a script without start() connects at its first query and ends by itself", async () => {
  const path = fileURLToPath(fixture("script.mjs"));
  const { stdout } = await promisify(execFile)(process.execPath, [path, urlOf(await createDatabase())], {
    timeout: 5000,
  });
  const [answer, answeredAt, endedAt] = stdout.trim().split("\n").map(Number);
  expect(answer).toBe(42);
  // It is alive while a query is pending, which the answer shows, and not much longer.
  expect(endedAt! - answeredAt!).toBeLessThan(1_000);
});

test("two databases at one URL share a pool, which closes with the second of them", async () => {
  const one = await openDatabase();
  const other = new SQLDatabase("other", { connectionString: one.connectionString });
  const pids = await Promise.all([one, other].map((db) => db.queryRow`select pg_backend_pid() as pid`));
  expect(pids).not.toContain(null);
  await one.close();
  expect(await other.queryRow`select 1 as one`).toEqual({ one: 1 });
  await other.close();
  await until(async () => (await sessionsOf(one)).length === 0);
});

test("start() connects, says where without a password, and stop() closes", async () => {
  const lost = new SQLDatabase("lost one");
  // In development the embedded server takes the place of what is not set.
  vi.stubEnv("NODE_ENV", "production");
  await expect(start({ banner: false, signals: false })).rejects.toMatchObject({
    message: expect.stringContaining(
      'The database "lost one" has no connection string, which is required in production.',
    ),
  });
  vi.unstubAllEnvs();
  process.env.DATABASE_URL_LOST_ONE = `${urlOf(await createDatabase())}?application_name=started`;
  const app = await start({ banner: false, signals: false });
  const running = app.running.find(({ what }) => what === "database lost one");
  expect(running?.where).toMatch(/^postgres:\/\/[^@]*\/twinloop_\d+_\d+$/);
  expect((await sessionsOf(lost)).length).toBe(1);
  await stop();
  await until(async () => (await sessionsOf(lost)).length === 0);
  expect(await lost.queryRow`select 1 as one`).toEqual({ one: 1 });
  delete process.env.DATABASE_URL_LOST_ONE;
});
