import { createServer, connect, type Socket } from "node:net";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { stop } from "../dist/index.js";
import { openAdmin, type CronAdmin } from "../dist/admin.js";
import { run } from "./app-process.ts";
import { useDatabase } from "./fixtures/database.mjs";
import { ownId, until } from "./store.ts";

const DATABASE = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";

let admin: CronAdmin;

afterAll(async () => {
  await (admin as CronAdmin | undefined)?.close();
  await stop();
});

// First: a database that was declared stays known to the process.
test("an operator of an app without a database is told why its ledger cannot be reached", async () => {
  await expect(openAdmin()).rejects.toMatchObject({
    code: "failed_precondition",
    message: expect.stringContaining("in memory, where nobody outside can reach it"),
  });
  useDatabase();
  admin = await openAdmin();
  expect(admin.database).toBe("test");
});

test("a run that is triggered from outside is taken by one of two processes, once", async () => {
  const id = ownId("outside");
  const env = { JOB_ID: id, SCHEDULE: "0 0 29 2 *" };
  const apps = [run("app.mjs", env), run("app.mjs", env)];
  await Promise.all(apps.map((app) => app.says(/is running/)));
  const taken = await admin.trigger(id);
  expect(taken).toMatchObject({ manual: true, attempts: expect.any(Number) });
  expect(taken.place).toMatch(/\/\d+$/);
  await until(async () => (await admin.history(id))[0]?.outcome === "succeeded");
  expect(apps.flatMap((app) => app.instants("fired"))).toHaveLength(1);
  const [line] = apps.flatMap((app) => app.lines().filter(({ msg }) => msg === "seen by its log"));
  expect(line).toMatchObject({
    job: id,
    run: taken.id,
    attempt: 1,
    trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
  expect(await admin.history(id)).toMatchObject([{ id: taken.id, manual: true, outcome: "succeeded" }]);
});

test("a job that is triggered while it runs is skipped, and its history says why", async () => {
  const id = ownId("twice");
  const app = run("app.mjs", { JOB_ID: id, SCHEDULE: "0 0 29 2 *", HOLD_MS: "3000" });
  await app.says(/is running/);
  expect(await admin.trigger(id)).toMatchObject({ outcome: "running" });
  expect(await admin.trigger(id)).toMatchObject({
    outcome: "skipped",
    manual: true,
    error: "the run before was still going on",
  });
});

test("a paused job fires in no process until it is resumed", async () => {
  const id = ownId("paused");
  const apps = [run("app.mjs", { JOB_ID: id }), run("app.mjs", { JOB_ID: id })];
  await Promise.all(apps.map((app) => app.says(/is running/)));
  await until(() => apps.some((app) => app.instants("fired").length > 0));
  await admin.pause(id);
  const paused = Date.now();
  await until(() => Date.now() > paused + 2_500);
  const late = apps.flatMap((app) => app.instants("fired")).filter((instant) => instant > paused + 1_000);
  expect(late).toEqual([]);
  expect((await admin.list()).find(({ job }) => job === id)).toMatchObject({ paused: true, due: "every 1s" });
  await admin.resume(id);
  await until(() => apps.some((app) => app.instants("fired").some((instant) => instant > paused + 2_500)));
});

test("failures in a row are counted, and end with a success", async () => {
  const id = ownId("failing");
  const app = run("app.mjs", { JOB_ID: id, SCHEDULE: "0 0 29 2 *", FAILS: "2" });
  await app.says(/is running/);
  const standing = async () => (await admin.list()).find(({ job }) => job === id)!;
  expect(await standing()).toMatchObject({ failures: 0, last: null, next: new Date("2028-02-29T00:00:00Z") });
  for (const failures of [1, 2, 0]) {
    await admin.trigger(id);
    await until(async () => (await standing()).last?.finishedAt != null);
    expect(await standing()).toMatchObject({
      failures,
      last: { error: failures === 0 ? null : "no luck" },
    });
  }
});

test("a run that nobody takes is taken back, and a job that is not there is named", async () => {
  const id = ownId("nobody");
  const app = run("app.mjs", { JOB_ID: id, SCHEDULE: "0 0 29 2 *" });
  await app.says(/is running/);
  app.kill("SIGTERM");
  await app.ended;
  await expect(admin.trigger(id, { timeoutMs: 300 })).rejects.toMatchObject({ code: "unavailable" });
  expect(await admin.history(id)).toEqual([]);
  const asked = [admin.trigger("no such"), admin.pause("no such"), admin.history("no such")];
  const refusal = { code: "not_found", message: expect.stringContaining('"no such"') };
  await Promise.all(asked.map((each) => expect(each).rejects.toMatchObject(refusal)));
});

test("an outage of the ledger is told once when it begins and once when it ends, for all jobs", async () => {
  const { hostname, port: target } = new URL(DATABASE);
  const sockets = new Set<Socket>();
  let isAway = false;
  const proxy = createServer((socket) => {
    if (isAway) return void socket.destroy();
    const server = connect(Number(target || 5432), hostname);
    for (const end of [socket, server]) {
      sockets.add(end);
      end.on("error", () => undefined).on("close", () => (socket.destroy(), server.destroy()));
    }
    socket.pipe(server).pipe(socket);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void proxy.close());
  const { port } = proxy.address() as { port: number };
  const url = new URL(DATABASE);
  url.host = `127.0.0.1:${port}`;
  const app = run("app.mjs", { JOB_ID: ownId("outage"), JOBS: "3", DATABASE_URL: url.href });
  await until(() => app.instants("fired").length > 0);
  isAway = true;
  for (const socket of sockets) socket.destroy();
  await app.says(/^lost cron ledger: /);
  const away = Date.now();
  await until(() => Date.now() > away + 3_000);
  isAway = false;
  await app.says(/^reached cron ledger again/);
  await until(() => app.instants("fired").some((instant) => instant > away + 3_000));
  const loud = app
    .lines()
    .filter(({ msg, level }) => level >= 30 && /ledger|fire the job|fires again/.test(msg));
  expect(loud.map(({ msg }) => msg.replace(/: .*/, ""))).toEqual([
    "lost cron ledger",
    "reached cron ledger again",
  ]);
});
