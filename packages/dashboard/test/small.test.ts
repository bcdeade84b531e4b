import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { AskedApp } from "./asked-app.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const SALES = { topic: "sales", subscription: "count" };
const ENVIRONMENT = { DATABASE_URL: "", NODE_ENV: "" };

describe.each([
  ["in a file", "embedded:.twinloop/pubsub.redb"],
  ["in memory", "memory:"],
])("an app without a database, whose messages are %s", (_where, PUBSUB_URL) => {
  const app = new AskedApp("small", { ...ENVIRONMENT, PUBSUB_URL }, ["api", "cron", "pubsub"]);
  beforeAll(() => app.start());
  afterAll(() => app.remove());

  test("shows the messages of its own broker", async () => {
    const headers = { "content-type": "application/json" };
    const body = '{"fails":true}';
    await app.ask("endpoints.call", { method: "POST", path: "/sales", headers, body });
    await vi.waitFor(async () => {
      expect((await app.ask("topics.list", {})).subscriptions).toMatchObject([{ ...SALES, dead: 1 }]);
    }, 20_000);
    expect(await app.ask("topics.dead", SALES)).toMatchObject([
      { error: expect.stringContaining("no luck") },
    ]);
    expect(await app.ask("topics.redrive", SALES)).toEqual({ count: 1 });
  });

  test("shows and triggers the jobs of its own ledger", async () => {
    const jobs = await app.ask("cron.list", {});
    expect(jobs).toMatchObject([
      { job: "report", rule: "0 4 * * *", timeZone: "Europe/Berlin", isPaused: false, last: null },
      { job: "broken", rule: "every 1h" },
    ]);
    await app.ask("cron.trigger", { job: "report" });
    await app.ask("cron.trigger", { job: "broken" });
    await vi.waitFor(async () => {
      expect(await app.ask("cron.history", { job: "report" })).toMatchObject([
        { outcome: "succeeded", manual: true },
      ]);
      const [, broken] = await app.ask("cron.list", {});
      expect(broken).toMatchObject({
        last: { outcome: "failed", error: expect.stringContaining("no report") },
      });
    });
    await app.ask("cron.pause", { job: "report" });
    expect((await app.ask("cron.list", {}))[0]).toMatchObject({ isPaused: true });
    await app.ask("cron.resume", { job: "report" });
    expect((await app.ask("cron.list", {}))[0]).toMatchObject({ isPaused: false });
  });

  test("says what it has not installed", async () => {
    for (const tool of ["databases.list", "secrets.list"]) {
      const { code, hint } = await app.refusal(tool, {});
      expect([code, hint]).toEqual(["failed_precondition", expect.stringMatching(/npm install|Declare one/)]);
    }
  });
});

describe("an app that lets its dashboard look alone", () => {
  const app = new AskedApp("small", { ...ENVIRONMENT, PUBSUB_URL: "memory:", LOOKS_ALONE: "1" }, [
    "api",
    "cron",
    "pubsub",
  ]);
  beforeAll(() => app.start());
  afterAll(() => app.remove());

  test("refuses what acts on it and what reads rows", async () => {
    expect(await app.ask("topics.list", {})).toMatchObject({ place: "memory:" });
    const asked = [
      ["topics.pause", SALES],
      ["cron.trigger", { job: "report" }],
      ["endpoints.call", { method: "GET", path: "/", headers: {}, body: null }],
      ["databases.list", {}],
    ] as const;
    for (const [tool, input] of asked) {
      expect(await app.refusal(tool, input)).toMatchObject({
        code: "permission_denied",
        hint: expect.any(String),
      });
    }
  });
});
