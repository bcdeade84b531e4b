import { expect, test } from "vitest";
import { run } from "./app-process.ts";
import { ownId, until } from "./store.ts";

const isFull = process.env["FULL"] === "1";

test("ten processes on one database fire each instant once", { timeout: 120_000 }, async () => {
  const env = { JOB_ID: ownId("fleet") };
  const apps = Array.from({ length: 10 }, () => run("app.mjs", env));
  await Promise.all(apps.map((app) => app.says(/is running/, 60_000)));
  const from = Date.now();
  const lastMs = isFull ? 60_000 : 6_000;
  await until(() => Date.now() > from + lastMs, 2 * lastMs);
  for (const app of apps) app.kill("SIGTERM");
  await Promise.all(apps.map(({ ended }) => ended));
  const fired = apps.flatMap((app) => app.instants("fired")).sort((one, other) => one - other);
  expect(new Set(fired).size).toBe(fired.length);
  const within = fired.filter((instant) => instant > from && instant < from + lastMs - 1_000);
  expect(within).toEqual(within.map((_, index) => within[0]! + index * 1_000));
  expect(within.length).toBeGreaterThanOrEqual(lastMs / 1_000 - 2);
});

test("workers of one process fire each instant once", { timeout: 60_000 }, async () => {
  const app = run("app.mjs", { JOB_ID: ownId("workers"), WITHOUT_DATABASE: "1", WORKERS: "3" });
  await app.says(/is running/);
  const fired = await until(() => app.instants("fired").length >= 4 && app.instants("fired"));
  app.kill("SIGTERM");
  await app.ended;
  expect(new Set(fired).size).toBe(fired.length);
});

test("replicas without a database are told that each fires for itself", async () => {
  const app = run("app.mjs", { JOB_ID: ownId("replicas"), WITHOUT_DATABASE: "1", REPLICAS: "3" });
  expect(await app.says(/each replica fires the cron jobs for itself/)).toMatchObject({ level: 40 });
});

test("a process that was frozen over several instants makes up for them by its policy", async () => {
  const fires = async (missed: string): Promise<number[]> => {
    const app = run("app.mjs", { JOB_ID: ownId(`frozen-${missed}`), MISSED: missed });
    await until(() => app.instants("fired").length >= 1);
    app.kill("SIGSTOP");
    const frozen = Date.now();
    await until(() => Date.now() > frozen + 4_500);
    app.kill("SIGCONT");
    await until(() => app.instants("fired").some((instant) => instant > frozen + 6_000));
    return app.instants("fired").filter((instant) => instant > frozen && instant <= frozen + 5_500);
  };
  const [skip, all] = await Promise.all([fires("skip"), fires("all")]);
  // The last of them is on time.
  expect(skip.length).toBeLessThanOrEqual(3);
  expect(all).toEqual(all.map((_, index) => all[0]! + index * 1_000));
  expect(all.length).toBeGreaterThanOrEqual(5);
});

test("an app that starts again makes up for what it has missed", async () => {
  // An instant that comes while one before it runs is left out by `skip`, which is another promise.
  const env = { JOB_ID: ownId("restart"), MISSED: "all", OVERLAP: "queue" };
  const first = run("app.mjs", env);
  await until(() => first.instants("fired").length >= 2);
  first.kill("SIGTERM");
  await first.ended;
  const before = first.instants("fired");
  const down = Date.now();
  await until(() => Date.now() > down + 2_000);
  const second = run("app.mjs", env);
  await until(() => second.instants("fired").length >= 3);
  const fired = [...before, ...second.instants("fired")];
  expect(fired).toEqual(fired.map((_, index) => fired[0]! + index * 1_000));
});

test(
  "a run whose process was killed is begun again by another, where missed runs are made up for",
  {
    timeout: 120_000,
  },
  async (context) => {
    if (!isFull) context.skip("it waits for a lease of 30 s to run out: FULL=1 does");
    const env = { JOB_ID: ownId("killed"), MISSED: "once", OVERLAP: "allow", HOLD_MS: "1500" };
    const first = run("app.mjs", env);
    await first.says(/fired/);
    const second = run("app.mjs", env);
    await second.says(/is running/);
    first.kill("SIGKILL");
    await first.ended;
    const begun = first.instants("fired").filter((instant) => !first.instants("done").includes(instant));
    expect(begun.length).toBeGreaterThan(0);
    await until(() => begun.every((instant) => second.instants("done").includes(instant)), 60_000);
  },
);
