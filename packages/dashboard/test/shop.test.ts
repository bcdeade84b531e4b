import { SQLDatabase } from "@twinloop/sqldb";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { TraceAnswer, TracesAnswer } from "../src/contract.ts";
import { AskedApp } from "./asked-app.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const SERVER = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";
const NAME = `dashboard_${process.pid}`;
const server = new SQLDatabase("server of the tests", { connectionString: SERVER });
const url = new URL(SERVER);
url.pathname = `/${NAME}`;
const SALES = { topic: "sales", subscription: "count" };

const app = new AskedApp(
  "shop",
  { DATABASE_URL: url.href, PUBSUB_URL: "postgres:", StripeKey: "canary-of-stripe" },
  ["api", "cron", "migrations", "pubsub", "secrets", "sqldb"],
);

beforeAll(async () => {
  await server.rawExec(`create database ${NAME} template template0`);
  await app.start();
});

afterAll(async () => {
  await app.remove();
  await server.rawExec(`drop database ${NAME} with (force)`);
  await server.close();
});

/** A call by the explorer, with what most calls have. */
function call(path: string, more: object = {}): ReturnType<typeof app.ask<"endpoints.call">> {
  return app.ask("endpoints.call", { method: "GET", path, headers: {}, body: null, ...more });
}

test("endpoints are told with a schema of each part, also those whose schema only a run has", async () => {
  const all = await app.ask("endpoints.list", {});
  const get = all.find(({ id }) => id === "shop.get");
  expect(get).toEqual({
    id: "shop.get",
    service: "shop",
    methods: ["GET"],
    path: "/items/:id",
    exposed: true,
    auth: false,
    kind: "json",
    doc: "Gives one item.",
    tags: ["items"],
    pathParams: { type: "object", properties: { id: { type: "integer", minimum: 1 } }, required: ["id"] },
    query: { type: "object", properties: { page: { type: "number" } }, required: [] },
    headers: { type: "object", properties: { "accept-language": { type: "string" } }, required: [] },
    cookies: null,
    body: null,
    bodyType: null,
    response: expect.objectContaining({ $ref: "#/$defs/Item" }),
  });
  const add = all.find(({ id }) => id === "shop.add");
  expect(add).toMatchObject({ bodyType: "json", body: { $defs: { Item: { required: ["id", "title"] } } } });
  const checked = all.find(({ id }) => id === "shop.checked");
  expect(checked).toMatchObject({
    exposed: false,
    body: { properties: { mail: { type: "string", minLength: 3 } } },
  });
  expect(all.find(({ id }) => id === "shop.big")).toMatchObject({ kind: "raw", body: null });
});

test("a call goes through the app's socket, and its trace can be found", async () => {
  const answered = await call("/items/7", { headers: { "Accept-Language": "de" } });
  expect(answered).toMatchObject({ status: 200, body: '{"id":7,"title":"de paid"}', isCut: false });
  expect(answered.traceId).toMatch(/^[0-9a-f]{32}$/);
  const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  expect((await call("/items/7", { headers: { traceparent } })).traceId).toBe("a".repeat(32));
  const trace = (await app.look(`/api/traces/${answered.traceId}`)) as TraceAnswer;
  expect(trace.spans[0]).toMatchObject({ name: "GET /items/:id", kind: "server" });
  const json = { "content-type": "application/json" };
  const refused = await call("/items", { method: "POST", headers: json, body: '{"id":"x"}' });
  expect(refused).toMatchObject({ status: 400, body: expect.stringContaining("invalid_argument") });
});

test("an answer is cut at 1 MiB, keeps its headers one by one, and a redirect is an answer", async () => {
  const big = await call("/big");
  expect([big.body.length, big.isCut]).toEqual([1 << 20, true]);
  expect(big.headers.filter(([name]) => name === "set-cookie")).toEqual([
    ["set-cookie", "a=1"],
    ["set-cookie", "b=2"],
  ]);
  const away = await call("/away");
  expect(away.status).toBe(302);
  expect(Object.fromEntries(away.headers)).toMatchObject({ location: "/items/1" });
});

test("a path never leads to another address", async () => {
  for (const path of ["//example.com/x", "/\\example.com/x", "/@example.com/"]) {
    expect((await call(path)).status).toBe(404);
  }
});

test.each([
  ["an unknown tool", "secrets.read", {}, "not_found"],
  ["a name of the prototype", "constructor", {}, "not_found"],
  ["an unknown field", "cron.list", { all: true }, "invalid_argument"],
  ["a missing field", "cron.history", {}, "invalid_argument"],
  [
    "a limit beyond its bound",
    "databases.query",
    { database: "main", sql: "select 1", limit: 5000 },
    "invalid_argument",
  ],
  [
    "a path without a slash",
    "endpoints.call",
    { method: "GET", path: "x", headers: {}, body: null },
    "invalid_argument",
  ],
  [
    "a method in lower case",
    "endpoints.call",
    { method: "get", path: "/", headers: {}, body: null },
    "invalid_argument",
  ],
  [
    "a method of proxies",
    "endpoints.call",
    { method: "CONNECT", path: "/", headers: {}, body: null },
    "invalid_argument",
  ],
  [
    "a body of a GET",
    "endpoints.call",
    { method: "GET", path: "/", headers: {}, body: "x" },
    "invalid_argument",
  ],
  [
    "a header of the connection",
    "endpoints.call",
    { method: "GET", path: "/", headers: { Host: "x" }, body: null },
    "invalid_argument",
  ],
  [
    "a header with a line end",
    "endpoints.call",
    { method: "GET", path: "/", headers: { a: "b\nc: d" }, body: null },
    "invalid_argument",
  ],
  ["an unknown database", "databases.query", { database: "other", sql: "select 1" }, "not_found"],
  [
    "a change of a database",
    "databases.query",
    { database: "main", sql: "delete from items" },
    "invalid_argument",
  ],
  [
    "a change within a query",
    "databases.query",
    { database: "main", sql: "with x as (delete from items returning 1) table x" },
    "failed_precondition",
  ],
  [
    "several statements",
    "databases.query",
    { database: "main", sql: "select 1; select 2" },
    "invalid_argument",
  ],
  ["an unknown job", "cron.trigger", { job: "none" }, "not_found"],
  ["an unknown subscription", "topics.dead", { topic: "sales", subscription: "none" }, "not_found"],
])("%s is refused", async (_what, tool, input, code) => {
  const refused = await app.refusal(tool, input);
  expect(refused).toMatchObject({ code, message: expect.stringMatching(/./) });
});

test("databases are told with their tables, and read", async () => {
  const [main] = await app.ask("databases.list", {});
  expect(main).toMatchObject({ name: "main" });
  expect(main!.tables).toContainEqual(
    expect.objectContaining({ schema: "public", name: "items", kind: "table" }),
  );
  const sql = "select id, title from items order by id";
  const rows = await app.ask("databases.query", { database: "main", sql, limit: 2 });
  expect(rows).toMatchObject({
    columns: [
      { name: "id", type: "integer" },
      { name: "title", type: "text" },
    ],
    rows: [
      [1, "item 1"],
      [2, "item 2"],
    ],
    isCut: true,
  });
  const { plan } = await app.ask("databases.explain", {
    database: "main",
    sql: "select * from items where id = $1",
  });
  expect(plan).toMatchObject([{ Plan: { "Node Type": expect.any(String) } }]);
});

test("topics are counted, peeked at, redriven and paused", async () => {
  const headers = { "content-type": "application/json" };
  const sell = (fails: boolean) =>
    call("/sales", { method: "POST", headers, body: JSON.stringify({ item: 3, fails }) });
  await sell(true);
  const dead = await vi.waitFor(async () => {
    const letters = await app.ask("topics.dead", SALES);
    expect(letters).toHaveLength(1);
    return letters[0]!;
  }, 20_000);
  expect(dead).toMatchObject({
    body: { item: 3, fails: true },
    attempts: 1,
    publishedAt: expect.any(Number),
  });
  await app.ask("topics.pause", SALES);
  // A pause takes effect within seconds: until then messages are delivered.
  const paused = await vi.waitFor(async () => {
    await sell(false);
    const [only] = (await app.ask("topics.list", {})).subscriptions;
    expect(only!.ready).toBeGreaterThan(3);
    return only;
  }, 20_000);
  expect(paused).toMatchObject({ ...SALES, isServed: true, isPaused: true, dead: 1 });
  expect(await app.ask("topics.peek", SALES)).toContainEqual(expect.objectContaining({ state: "ready" }));
  expect(await app.ask("topics.redrive", { ...SALES, ids: [String(dead["id"])] })).toEqual({ count: 1 });
  expect(await app.ask("topics.dead", SALES)).toEqual([]);
  await app.ask("topics.resume", SALES);
  await vi.waitFor(async () => expect(await app.ask("topics.dead", SALES)).toHaveLength(1), 20_000);
});

test("cron jobs are told with their next runs, triggered and paused", async () => {
  const [job] = await app.ask("cron.list", {});
  expect(job).toMatchObject({
    job: "report",
    rule: "every 1h",
    timeZone: "UTC",
    isPaused: false,
    last: null,
  });
  expect(job!.next).toHaveLength(20);
  expect(job!.next[1]! - job!.next[0]!).toBe(3_600_000);
  expect(await app.ask("cron.trigger", { job: "report" })).toBe(null);
  await vi.waitFor(async () => {
    const [run] = await app.ask("cron.history", { job: "report" });
    expect(run).toMatchObject({ outcome: "succeeded", manual: true, finishedAt: expect.any(Number) });
  });
  await app.ask("cron.pause", { job: "report" });
  expect(await app.ask("cron.list", {})).toMatchObject([{ isPaused: true, last: { outcome: "succeeded" } }]);
  await app.ask("cron.resume", { job: "report" });
  expect(await app.ask("cron.list", {})).toMatchObject([{ isPaused: false }]);
});

test("secrets are told by their places, and no answer has a value", async () => {
  const secrets = await app.ask("secrets.list", {});
  expect(secrets).toEqual([
    { name: "StripeKey", found: true, where: expect.stringContaining("environment") },
    { name: "Missing", found: false, where: expect.stringContaining("was not found") },
  ]);
  expect(JSON.stringify(secrets)).not.toContain("canary");
});

test("the map joins the service to what it declares", async () => {
  const { nodes, edges } = await app.ask("services.map", {});
  expect(nodes.map(({ id }) => id).sort()).toEqual([
    "cron:report",
    "database:main",
    "service:shop",
    "topic:sales",
  ]);
  expect(edges).toEqual(
    expect.arrayContaining([
      { from: "topic:sales", to: "service:shop", kind: "subscribes" },
      { from: "service:shop", to: "database:main", kind: "uses" },
      { from: "cron:report", to: "service:shop", kind: "runs" },
    ]),
  );
});

test("what the dashboard itself asks leaves no traces behind", async () => {
  const traces = async () => ((await app.look("/api/traces?limit=500")) as TracesAnswer).traces.length;
  const before = await traces();
  await app.ask("databases.query", { database: "main", sql: "select count(*) from items" });
  await app.ask("databases.list", {});
  await app.ask("topics.list", {});
  await app.ask("cron.list", {});
  expect(await traces()).toBe(before);
});
