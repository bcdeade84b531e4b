import { execFile } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import pg from "pg";
import Cursor from "pg-cursor";
import QueryStream from "pg-query-stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SQLDatabase, SQLError, type PoolClient, type TwinloopPool } from "../dist/index.js";
import { openDatabase, sessionsOf, until } from "./test-database.ts";

let db: SQLDatabase;
let theirs: pg.Pool;
beforeAll(async () => {
  db = await openDatabase({ maxConnections: 5 });
  theirs = new pg.Pool({ connectionString: db.connectionString, max: 2 });
  await db.rawExec("create table t (a int, b text); insert into t values (1, 'x'), (2, 'y')");
});
afterAll(async () => {
  await theirs.end();
  await db.close();
});

/** What a pool of ours and one of node-postgres make of the same call. */
async function both(ask: (pool: any) => unknown): Promise<{ ours: any; theirs: any }> {
  const settle = async (pool: unknown): Promise<unknown> => {
    try {
      return plain(await ask(pool));
    } catch (error) {
      const { code, message, name, position, severity } = error as Record<string, unknown>;
      return { code, message, name, position, severity };
    }
  };
  return { ours: await settle(db.pool()), theirs: await settle(theirs) };
}

/** A result without what only the class of node-postgres has. */
function plain(value: any): any {
  if (Array.isArray(value)) return value.map(plain);
  if (!value?.fields) return value;
  const { command, rowCount, oid, rows, fields, rowAsArray } = value;
  const columns = fields.map(({ name, dataTypeID }: any) => [name, dataTypeID]);
  return { command, rowCount, oid, rows, columns, rowAsArray: Boolean(rowAsArray) };
}

const asked: [what: string, ask: (pool: any) => unknown][] = [
  ["rows", (pool) => pool.query("select * from t order by a")],
  ["arrays", (pool) => pool.query({ text: "select * from t order by a", rowMode: "array" })],
  ["parameters", (pool) => pool.query("select $1::int + $2 as n", [1, 2])],
  ["the tag of an insert", (pool) => pool.query("insert into t values (3, 'z')")],
  [
    "the tag behind a with",
    (pool) => pool.query("with x as (select 1 as a) update t set b = b from x where t.a = x.a"),
  ],
  ["a statement that counts nothing", (pool) => pool.query("create table if not exists u (a int)")],
  ["several statements", (pool) => pool.query("select 1 as a; update t set b = b; select 'x' as b")],
  ["an empty statement", (pool) => pool.query("-- nothing")],
  ["rows without columns", (pool) => pool.query("select from generate_series(1, 3)")],
  [
    "date and times",
    (pool) =>
      pool.query("select '2026-03-01'::date d, '2026-03-01 01:02:03'::timestamp t, now()::time = null x"),
  ],
  [
    "interval, point, circle",
    (pool) => pool.query("select '1 day 02:03:04'::interval i, '(1,2)'::point p, '<(1,2),3>'::circle c"),
  ],
  [
    "arrays of all kinds",
    (pool) =>
      pool.query(
        "select '{1.5,2}'::numeric[] n, '{1,2}'::int8[] i, '{a,NULL}'::text[] t, '{2026-01-01}'::date[] d, '{{1,2},{3,4}}'::int[] m, '{t,f}'::bool[] b",
      ),
  ],
  [
    "json, bytea, money",
    (pool) =>
      pool.query(
        "select '{\"a\":1}'::jsonb j, '\\x00ff'::bytea y, 12.5::money m, 'NaN'::float8 f, 'infinity'::timestamptz z",
      ),
  ],
  ["bytes for a text", (pool) => pool.query("select $1::text as t", [Buffer.from("foo")])],
  ["bytes for bytes", (pool) => pool.query("select $1::bytea as t", [Buffer.from([0, 255])])],
  [
    "toPostgres",
    (pool) => pool.query("select $1::text as t", [{ toPostgres: (prepare: any) => prepare([1, { a: 1 }]) }]),
  ],
  [
    "dates of all ages",
    (pool) =>
      pool.query("select $1::timestamptz as a, $2::timestamptz as b", [
        new Date(Date.UTC(-43, 2, 15)),
        new Date("2026-01-02T03:04:05.678Z"),
      ]),
  ],
  [
    "a date for a timestamp",
    (pool) => pool.query("select $1::timestamp as a, $1::date as b", [new Date("2026-01-02T23:04:05.678Z")]),
  ],
  ["documents", (pool) => pool.query("select $1::jsonb as a, $2::text as b", [{ a: [1] }, { b: 2 }])],
  [
    "numbers, booleans, nothing",
    (pool) =>
      pool.query("select $1::text a, $2::text b, $3::text c, $4::int d", [1e21, true, undefined, null]),
  ],
  [
    "parsers of one's own",
    (pool) =>
      pool.query({
        text: "select 1 as a, now() = null as b",
        types: { getTypeParser: () => (text: string) => `<${text}>` },
      }),
  ],
  ["an error and its place", (pool) => pool.query("select nope")],
  ["a violated constraint", (pool) => pool.query("select 1/0")],
  ["no text", (pool) => pool.query({})],
  ["values that are none", (pool) => pool.query("select $1::text", "x")],
];

test.each(asked)("%s: as node-postgres gives it", async (_, ask) => {
  const first = await both(ask);
  expect(first.ours).toEqual(expected(first));
  // The second time the columns are known.
  const second = await both(ask);
  expect(second.ours).toEqual(expected(second));
});

/** Where node-postgres itself refuses a call, its errors have no code. */
function expected({ ours, theirs }: { ours: any; theirs: any }): unknown {
  if (!theirs.message) return theirs;
  return { ...theirs, code: theirs.code ?? ours.code, name: theirs.code ? theirs.name : ours.name };
}

test("an error of the server is node-postgres' own, an SQLError, and has the stack of who waits for it", async () => {
  const failing = async function whoWaits(): Promise<void> {
    await db.pool().query("select * from missing");
  };
  const error = await failing().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(pg.DatabaseError);
  expect(error).toBeInstanceOf(SQLError);
  expect(error).toMatchObject({
    code: "42P01",
    severity: "ERROR",
    position: "15",
    routine: expect.any(String),
  });
  expect((error as Error).stack).toContain("whoWaits");
  await expect(db.queryAll`select 1/0`).rejects.not.toBeInstanceOf(pg.DatabaseError);
});

test("a callback is called once, and what it throws is not taken for the query's failure", async () => {
  const rows = await new Promise((resolve) => {
    const nothing = db.pool().query("select 1 as a", (error, result) => resolve([error, result?.rows]));
    expect(nothing).toBeUndefined();
  });
  expect(rows).toEqual([undefined, [{ a: 1 }]]);
  const error = await new Promise((resolve) => db.pool().query("select nope", [], resolve));
  expect(error).toBeInstanceOf(pg.DatabaseError);
});

test("a client is known again, counted, and its release is told and comes once", async () => {
  const pool: TwinloopPool = new SQLDatabase("counted", {
    connectionString: db.connectionString,
    maxConnections: 5,
  }).pool();
  const events: string[] = [];
  for (const name of ["connect", "acquire", "release", "remove"]) pool.on(name, () => events.push(name));
  const first = await pool.connect();
  const { rows } = await first.query("select pg_backend_pid() as pid");
  expect(first.processID).toBe(rows[0].pid);
  expect([pool.totalCount, pool.idleCount, pool.waitingCount]).toEqual([1, 0, 0]);
  first.release();
  expect([pool.totalCount, pool.idleCount]).toEqual([1, 1]);
  expect(() => first.release()).toThrow("already been released");
  await until(async () => (await pool.counts()).used === 0);
  const again = await pool.connect();
  expect(again).toBe(first);
  again.release(true);
  expect(pool.totalCount).toBe(0);
  await until(() => events.includes("remove"));
  expect(events).toEqual(["connect", "acquire", "release", "acquire", "release", "remove"]);
  await until(async () => !(await sessionsOf(db)).some(({ pid }) => pid === first.processID));
});

test("end() lets nobody in, waits for those who have a connection, and leaves the database's own use alone", async () => {
  const pool: TwinloopPool = db.pool();
  const client = await pool.connect();
  let finished = 0;
  const inFlight = [1, 2].map(() => pool.query("select pg_sleep(0.2)").then(() => finished++));
  let ended = false;
  const ending = pool.end().then(() => (ended = true));
  await expect(pool.query("select 1")).rejects.toThrow("after calling end");
  await expect(pool.connect()).rejects.toThrow("after calling end");
  await expect(pool.end()).rejects.toThrow("more than once");
  expect(ended).toBe(false);
  client.release();
  await ending;
  expect(finished).toBe(2);
  await Promise.all(inFlight);
  expect(pool.ended).toBe(true);
  expect(db.pool()).not.toBe(pool);
  expect((await db.pool().query("select 1 as a")).rows).toEqual([{ a: 1 }]);
});

test("what a listener of connect does to a connection is done to all of them, and lasts", async () => {
  const url = new URL(db.connectionString);
  url.searchParams.set("application_name", `set-up-${process.pid}`);
  const own = new SQLDatabase("set up", { connectionString: url.href, maxConnections: 3 });
  await own.queryRow`select 1`;
  const pool: TwinloopPool = own.pool();
  pool.on("connect", (client: PoolClient) => {
    void client.query("set search_path to pg_catalog");
    void client.query("select set_config('my.tenant', $1, false)", ["it's \\ a"]);
  });
  const shown = "select current_setting('search_path') as path, current_setting('my.tenant', true) as tenant";
  const expected = { path: "pg_catalog", tenant: "it's \\ a" };
  const clients = await Promise.all([1, 2, 3].map(() => pool.connect()));
  for (const client of clients) expect((await client.query(shown)).rows[0]).toEqual(expected);
  await clients[0]!.query("set search_path to nowhere");
  for (const client of clients) client.release();
  const again = await Promise.all([1, 2, 3].map(() => pool.connect()));
  for (const client of again) expect((await client.query(shown)).rows[0]).toEqual(expected);
  for (const client of again) client.release();
  expect(await own.rawQueryRow(shown)).toEqual(expected);
  await own.close();
});

test("onConnect sets up each connection once, before its first use", async () => {
  const url = new URL(db.connectionString);
  const at = (name: string): string => (url.searchParams.set("application_name", name), url.href);
  let called = 0;
  const byFunction = new SQLDatabase("by function", {
    connectionString: at(`fn-${process.pid}`),
    maxConnections: 3,
    onConnect: async (connection) => {
      called++;
      await connection.exec`set lock_timeout to '7s'`;
      await connection.exec`select set_config('my.name', ${"a"}, false)`;
    },
  });
  const byText = new SQLDatabase("by text", {
    connectionString: at(`text-${process.pid}`),
    onConnect: "create temp table kept (a int); set lock_timeout to '7s'",
  });
  for (const own of [byFunction, byText]) {
    const seen = await Promise.all(
      [1, 2, 3].map(() => own.queryRow`select current_setting('lock_timeout') as l from pg_sleep(0.05)`),
    );
    expect(seen).toEqual([{ l: "7s" }, { l: "7s" }, { l: "7s" }]);
    await own.rawExec("set lock_timeout to '9s'");
    expect(await own.queryRow`select current_setting('lock_timeout') as l`).toEqual({ l: "7s" });
  }
  expect(called).toBe(1);
  const wrong = new SQLDatabase("wrong", {
    connectionString: at(`wrong-${process.pid}`),
    onConnect: "set nonsense",
  });
  await expect(wrong.queryRow`select 1`).rejects.toMatchObject({ code: "42601" });
  await Promise.all([byFunction, byText, wrong].map((own) => own.close()));
});

test("the notice of the first statement reaches a client that began to listen just before it", async () => {
  const db = await openDatabase({ maxConnections: 1 });
  for (let round = 0; round < 50; round++) {
    const client = await db.pool<TwinloopPool>().connect();
    const heard = new Promise((resolve) => client.on("notice", resolve));
    await client.query("do $$ begin raise notice 'first'; end $$");
    expect(await heard).toMatchObject({ message: "first" });
    client.release(true);
  }
});

test("notifications and notices reach the client that listens", async () => {
  const client = await db.pool().connect();
  const heard: unknown[] = [];
  client.on("notification", ({ channel, payload }) => heard.push([channel, payload]));
  client.on("notice", ({ message, severity, code }) => heard.push([severity, code, message]));
  await client.query("listen news");
  await db.rawExec("notify news, 'first'");
  await client.query("do $$ begin raise notice 'look'; end $$");
  await until(() => heard.length >= 2);
  expect(heard).toContainEqual(["news", "first"]);
  expect(heard).toContainEqual(["NOTICE", "00000", "look"]);
  client.release();
  await until(async () => (await db.poolCounts()).used === 0);
});

test("a client whose connection is ended by the server says so", async () => {
  const client = await db.pool().connect();
  const ended = new Promise<void>((resolve) => void client.on("end", resolve));
  const lost = new Promise<Error>((resolve) => void client.on("error", resolve));
  await db.queryRow`select pg_terminate_backend(${client.processID})`;
  await ended;
  expect((await lost).message).toContain("terminated");
  client.release(true);
});

test("a cursor reads in batches, is closed early, and leaves the client to the next", async () => {
  const client = await db.pool().connect();
  const cursor = client.query(
    new Cursor("select n, n::text as t from generate_series(1, 1000) n where n > $1", [10]),
  );
  expect(await cursor.read(2)).toEqual([
    { n: 11, t: "11" },
    { n: 12, t: "12" },
  ]);
  expect(await cursor.read(300)).toHaveLength(300);
  const next = client.query("select 'next' as a");
  await cursor.close();
  expect((await next).rows).toEqual([{ a: "next" }]);
  const whole = client.query(new Cursor("select 1 as a"));
  expect(await whole.read(10)).toEqual([{ a: 1 }]);
  expect(await whole.read(10)).toEqual([]);
  await whole.close();
  const failing = client.query(new Cursor("select * from missing"));
  await expect(failing.read(1)).rejects.toBeInstanceOf(pg.DatabaseError);
  await failing.close();
  // Never read, never closed: the release ends it.
  client.query(new Cursor("select * from generate_series(1, 100000)"));
  client.release();
  await until(async () => (await db.poolCounts()).used === 0);
});

test("a query stream and a pg.Query run on a client", async () => {
  const client = await db.pool().connect();
  const seen: number[] = [];
  for await (const { n } of client.query(
    new QueryStream("select generate_series(1, 1000) as n", [], { batchSize: 7 }) as any,
  )) {
    seen.push(n);
    if (seen.length === 500) break;
  }
  expect(seen).toHaveLength(500);
  const query: any = client.query(new (pg as any).Query("select $1::int as a", [7]));
  const rows: unknown[] = [];
  query.on("row", (row: unknown) => rows.push(row));
  await once(query, "end");
  expect(rows).toEqual([{ a: 7 }]);
  const simple: any = client.query(new (pg as any).Query("select 1 as a; select 2 as b"));
  simple.on("row", (row: unknown) => rows.push(row));
  await once(simple, "end");
  expect(rows).toEqual([{ a: 7 }, { a: 1 }, { b: 2 }]);
  client.release();
  await until(async () => (await db.poolCounts()).used === 0);
});

test("the options say where the database is, the password only to those who ask for it", async () => {
  const { options } = db.pool();
  expect(options).toMatchObject({
    max: 5,
    host: expect.any(String),
    port: expect.any(Number),
    user: expect.any(String),
  });
  expect(JSON.stringify(options)).not.toContain("password");
  const client = new pg.Client({ ...options, password: options.password } as pg.ClientConfig);
  await client.connect();
  expect((await client.query("select current_database() as d")).rows).toEqual([{ d: options.database }]);
  await client.end();
});

test("names, literals and named statements are as node-postgres has them", async () => {
  const client = await db.pool().connect();
  expect(client.escapeIdentifier('a"b')).toBe('"a""b"');
  expect(client.escapeLiteral("it's \\")).toBe(pg.Client.prototype.escapeLiteral("it's \\"));
  await client.query({ name: "n", text: "select $1::int as a", values: [1] });
  expect((await client.query({ name: "n", values: [2] } as any)).rows).toEqual([{ a: 2 }]);
  await expect(client.query({ name: "n", text: "select 2" })).rejects.toThrow("must be unique");
  client.setTypeParser(23, (text: string) => `int ${text}`);
  expect((await client.query("select 1 as a")).rows).toEqual([{ a: "int 1" }]);
  client.release();
});

test("a client that is ended by its owner is not lent again, and may be released all the same", async () => {
  const pool: TwinloopPool = db.pool();
  const client = await pool.connect();
  await client.end();
  client.release();
  expect([pool.totalCount, pool.idleCount]).toEqual([0, 0]);
  await until(async () => !(await sessionsOf(db)).some(({ pid }) => pid === client.processID));
});

test("an error on an idle client is the pool's, and the client is forgotten", async () => {
  const pool: TwinloopPool = new SQLDatabase("idle", {
    connectionString: db.connectionString,
    maxConnections: 5,
  }).pool();
  const client = await pool.connect();
  client.release();
  const told: unknown[] = [];
  pool.on("error", (...words) => told.push(...words));
  const problem = new Error("in the background");
  client.emit("error", problem);
  expect(told).toEqual([problem, client]);
  expect(pool.totalCount).toBe(0);
  expect((await pool.connect()).release()).toBeUndefined();
});

test("without node-postgres installed, values are those of the database's own queries", async () => {
  const program = fileURLToPath(new URL("fixtures/without-pg.mjs", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program, db.connectionString], {
    timeout: 20_000,
  });
  expect(JSON.parse(stdout)).toEqual({
    row: { d: "2026-03-01", n: 1, a: ["1.5"] },
    told: [true, "42703", "8"],
  });
});
