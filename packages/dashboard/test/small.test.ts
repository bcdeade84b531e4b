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

describe("an app of two isolates that lets its dashboard look alone", () => {
  const app = new AskedApp(
    "small",
    { ...ENVIRONMENT, PUBSUB_URL: "memory:", LOOKS_ALONE: "1", WORKERS: "2" },
    ["api", "cron", "pubsub"],
  );
  beforeAll(() => app.start());
  afterAll(() => app.remove());

  test("refuses what acts on it and what reads rows", async () => {
    // Either isolate may be asked.
    for (let ask = 0; ask < 8; ask++) {
      expect(await app.ask("topics.list", {})).toMatchObject({ place: "memory:" });
      expect(await app.ask("endpoints.list", {})).toMatchObject([{ path: "/sales" }]);
    }
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

test("without the dashboard an app has its admin server alone", async () => {
  const app = new AskedApp("small", { ...ENVIRONMENT, PUBSUB_URL: "memory:" }, ["api", "cron", "pubsub"]);
  try {
    await app.start("--no-dashboard");
    expect(await app.refusal("cron.list", {})).toMatchObject({ code: "unimplemented" });
    expect((await fetch(app.adminUrl)).status).toBe(404);
    expect((await fetch(`${app.adminUrl}/api/traces`)).status).toBe(200);
  } finally {
    await app.remove();
  }
});

test.each([
  ["a port", {}, "ADMIN_PORT is not set"],
  ["a token", { ADMIN_PORT: "0" }, "ADMIN_TOKEN is not set"],
])("in production a dashboard without %s keeps the app from starting", async (_what, env, message) => {
  const app = new AskedApp("small", ENVIRONMENT, ["api", "cron", "pubsub"]);
  try {
    const ended = app.runBuilt({ NODE_ENV: "production", PUBSUB_URL: "memory:", LOOKS_ALONE: "1", ...env });
    await expect(ended).rejects.toThrow(message);
  } finally {
    await app.remove();
  }
});

test("in production the dashboard answers whoever has the token", async () => {
  const app = new AskedApp("small", ENVIRONMENT, ["api", "cron", "pubsub"]);
  const ADMIN_TOKEN = "a-token-of-the-tests-that-is-long";
  const env = {
    NODE_ENV: "production",
    PUBSUB_URL: "memory:",
    LOOKS_ALONE: "1",
    ADMIN_PORT: "0",
    ADMIN_TOKEN,
  };
  try {
    await app.runBuilt(env);
    expect(await app.refusal("cron.list", {})).toMatchObject({ code: "unauthenticated" });
    app.token = `${ADMIN_TOKEN}x`;
    expect(await app.refusal("cron.list", {})).toMatchObject({ code: "unauthenticated" });
    app.token = ADMIN_TOKEN;
    expect(await app.ask("cron.list", {})).toMatchObject([{ job: "report" }, { job: "broken" }]);
    expect((await fetch(app.adminUrl)).headers.get("content-type")).toContain("text/html");
  } finally {
    await app.remove();
  }
});
