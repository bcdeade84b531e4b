import { createServer, connect, type Server, type Socket } from "node:net";
import { afterEach, beforeAll, expect, test } from "vitest";
import { SQLDatabase, SQLState, type SQLError } from "../dist/index.js";
import { createDatabase, openDatabase, server, sessionsOf, until, urlOf } from "./test-database.ts";

/** A TCP proxy before the server that can swallow, cut and refuse. */
class Proxy {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Whether bytes are swallowed in both directions. */
  blackHole = false;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as { port: number }).port;
  }

  static async open(): Promise<Proxy> {
    const target = new URL(urlOf("x"));
    const listening = createServer();
    await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
    const proxy = new Proxy(listening);
    listening.on("connection", (client) => {
      const upstream = connect(Number(target.port || 5432), target.hostname);
      for (const [from, to] of [[client, upstream], [upstream, client]] as const) {
        proxy.#sockets.add(from);
        from.on("data", (bytes) => proxy.blackHole || to.write(bytes));
        from.on("error", () => to.destroy());
        from.on("close", () => to.destroy());
      }
    }); // prettier-ignore
    return proxy;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}

let database: string;
const proxies: Proxy[] = [];

beforeAll(async () => {
  database = await createDatabase();
});

afterEach(() => {
  for (const proxy of proxies.splice(0)) proxy.close();
});

async function throughProxy(options: object): Promise<{ db: SQLDatabase; proxy: Proxy }> {
  const proxy = await Proxy.open();
  proxies.push(proxy);
  const connectionString = `${urlOf(database, proxy.port)}?sslmode=disable&application_name=proxied-${proxy.port}`;
  return { proxy, db: new SQLDatabase(`proxied ${proxy.port}`, { connectionString, ...options }) };
}

async function timed<T>(work: Promise<T>): Promise<{ error: SQLError; ms: number }> {
  const started = performance.now();
  const error = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  return { error: error as SQLError, ms: performance.now() - started };
}

test("a query past its time is cancelled in the server and told in time", async () => {
  const db = await openDatabase({ queryTimeout: 300 }, database);
  const { error, ms } = await timed(db.queryRow`select pg_sleep(5), 'slow one'`);
  expect(error).toMatchObject({ code: "query_timeout" });
  expect(ms).toBeLessThan(500);
  await until(async () => (await sessionsOf(db)).every(({ state }) => state !== "active"), 1000);
  expect(await db.queryRow`select 1 as one`).toEqual({ one: 1 });
});

test("an AbortSignal cancels in the server; its reason is the cause", async () => {
  const db = await openDatabase({}, database);
  const reason = new Error("the reader left");
  const signal = AbortSignal.timeout(100);
  const { error, ms } = await timed(db.with({ signal }).queryRow`select pg_sleep(5)`);
  expect(error).toMatchObject({ code: "canceled" });
  expect(error.cause).toBe(signal.reason);
  expect(ms).toBeLessThan(400);
  await until(async () => (await sessionsOf(db)).every(({ state }) => state !== "active"), 1000);
  const aborted = AbortSignal.abort(reason);
  await expect(db.with({ signal: aborted }).queryRow`select 1`).rejects.toMatchObject({
    code: "canceled",
    cause: reason,
  });
});

test("a cancelled query never harms its neighbours on the connection", async () => {
  const db = await openDatabase({ maxConnections: 2 }, database);
  await db.rawExec("create table if not exists hit (n int)");
  const controller = new AbortController();
  const slow = Array.from({ length: 4 }, () =>
    db.with({ signal: controller.signal }).queryRow`select pg_sleep(0.5)`.catch((error) => error.code),
  );
  const fast = Array.from({ length: 100 }, (_, n) => db.queryRow`insert into hit values (${n}) returning n`);
  setTimeout(() => controller.abort(), 60);
  expect((await Promise.all(fast)).map((row) => row!.n)).toEqual(Array.from({ length: 100 }, (_, n) => n));
  expect(await Promise.all(slow)).toEqual(Array(4).fill("canceled"));
  expect(await db.queryRow`select count(*)::int as n, count(distinct n)::int as distinct from hit`).toEqual({
    n: 100,
    distinct: 100,
  });
});

test("an exhausted pool says so in time, serves in order and recovers", async () => {
  const db = await openDatabase({ maxConnections: 2, acquireTimeout: 200 }, database);
  const held = [await db.begin(), await db.begin()];
  const { error, ms } = await timed(db.queryRow`select 1`);
  expect(error).toMatchObject({ code: "acquire_timeout" });
  expect(error.message).toContain("2 of 2 connections were in use");
  expect(ms).toBeLessThan(400);
  const waiting = db.queryRow`select 2 as two`;
  await held[0]!.rollback();
  expect(await waiting).toEqual({ two: 2 });
  await held[1]!.rollback();
  expect((await sessionsOf(db)).length).toBeLessThanOrEqual(2);
  expect(await db.poolCounts()).toMatchObject({ used: 0, waiting: 0 });
});

test("transactions get their turn while queries keep every connection busy", async () => {
  const db = await openDatabase({ maxConnections: 2 }, database);
  const load = { busy: true };
  const workers = Array.from({ length: 20 }, async () => {
    while (load.busy) await db.queryRow`select pg_sleep(0.002)`;
  });
  for (let index = 0; index < 5; index++) await db.transaction((tx) => tx.exec`select 1`);
  load.busy = false;
  await Promise.all(workers);
});

test("a terminated backend is one clear error, and the next query finds another", async () => {
  const db = await openDatabase({}, database);
  const victim = db.queryRow`select pg_sleep(5)`.catch((error) => error);
  const [session] = await until(async () => {
    const found = (await sessionsOf(db)).filter(({ query }) => query.includes("pg_sleep"));
    return found.length > 0 && found;
  });
  await server().exec`select pg_terminate_backend(${session!.pid})`;
  expect((await victim).code).toBe("57P01");
  expect(await db.queryRow`select 1 as one`).toEqual({ one: 1 });

  const tx = await db.begin();
  const row = await tx.queryRow<{ pid: number }>`select pg_backend_pid() as pid`;
  await server().exec`select pg_terminate_backend(${row!.pid})`;
  await expect(tx.exec`select 1`).rejects.toMatchObject({
    code: expect.stringMatching(/57P01|connection_lost/),
  });
  await expect(tx.commit()).rejects.toThrow();
  expect(await db.queryRow`select 1 as one`).toEqual({ one: 1 });
  expect((await db.poolCounts()).used).toBe(0);
});

test("idle connections that were cut are not lent again", async () => {
  const { db, proxy } = await throughProxy({});
  await Promise.all(Array.from({ length: 20 }, () => db.queryRow`select 1`));
  proxy.cut();
  await until(async () => (await db.poolCounts()).open === 0);
  expect(await db.queryRow`select 1 as one`).toEqual({ one: 1 });
});

test("a connection cut in the middle of a query fails at once, not at the deadline", async () => {
  const { db, proxy } = await throughProxy({});
  const cut = timed(db.queryRow`select pg_sleep(5)`);
  setTimeout(() => proxy.cut(), 100);
  const { error, ms } = await cut;
  expect(error).toMatchObject({ code: "connection_lost" });
  expect(ms).toBeLessThan(600);
  expect(await db.queryRow`select 1 as one`).toEqual({ one: 1 });
});

test("a black hole costs a query its time and no more", async () => {
  const { db, proxy } = await throughProxy({ queryTimeout: 400, connectTimeout: 300 });
  await db.queryRow`select 1`;
  proxy.blackHole = true;
  const { error, ms } = await timed(db.queryRow`select 1`);
  expect(error).toMatchObject({ code: "query_timeout" });
  expect(ms).toBeLessThan(650);
  const connecting = await timed(db.queryRow`select 1`);
  expect(["connect_timeout", "query_timeout"]).toContain(connecting.error.code);
  proxy.blackHole = false;
  expect(await until(() => db.queryRow`select 1 as one`.catch(() => false))).toEqual({ one: 1 });
});

test("a server that is not there, a wrong database and a wrong password say which", async () => {
  const at = (url: string) => new SQLDatabase(url, { connectionString: url });
  const refused = new URL(urlOf("x", 1));
  await expect(at(refused.href).queryRow`select 1`).rejects.toMatchObject({ code: "connect_failed" });
  await expect(at(urlOf("no_such_database")).queryRow`select 1`).rejects.toMatchObject({ code: "3D000" });
  const bad = at("postgres://u:hunter2@h:notaport/x").queryRow`select 1`;
  await expect(bad).rejects.toMatchObject({
    code: "config_invalid",
    message: expect.not.stringContaining("hunter2"),
  });
});

test("TLS is spoken when asked for, and a certificate that cannot be verified is refused", async ({
  skip,
}) => {
  const offered = await server().queryRow<{ ssl: string }>`show ssl`;
  skip(offered?.ssl !== "on", "this server has no TLS");
  const secure = new SQLDatabase("secure", { connectionString: `${urlOf(database)}?sslmode=require` });
  expect(await secure.queryRow`select ssl from pg_stat_ssl where pid = pg_backend_pid()`).toEqual({
    ssl: true,
  });
  const plain = new SQLDatabase("plain", { connectionString: `${urlOf(database)}?sslmode=disable` });
  expect(await plain.queryRow`select ssl from pg_stat_ssl where pid = pg_backend_pid()`).toEqual({
    ssl: false,
  });
  const strict = new SQLDatabase("strict", { connectionString: `${urlOf(database)}?sslmode=verify-full` });
  await expect(strict.queryRow`select 1`).rejects.toMatchObject({
    code: expect.stringMatching(/connect_failed|config_invalid/),
  });
});

test("refusals of the server keep their SQLSTATE", async () => {
  const role = `twinloop_limited_${process.pid}`;
  await server().rawExec(`create role ${role} login password 'limited' connection limit 1`);
  await server().rawExec(`alter role ${role} set default_transaction_read_only = on`);
  try {
    const url = new URL(urlOf(database));
    [url.username, url.password] = [role, "limited"];
    const db = new SQLDatabase("limited", { connectionString: url.href, maxConnections: 3 });
    await expect(db.rawExec("create table nowhere (a int)")).rejects.toMatchObject({
      code: expect.stringMatching(/25006|42501/),
    });
    const tx = await db.begin();
    await expect(db.queryRow`select 1`).rejects.toMatchObject({ code: "53300" });
    await tx.rollback();
    expect(await db.queryRow`select 1 as one`).toEqual({ one: 1 });
    await db.close();
  } finally {
    await until(
      async () =>
        (await server().queryAll`select 1 from pg_stat_activity where usename = ${role}`).length === 0,
    );
    await server().rawExec(`drop role ${role}`);
  }
});

test("a read-only database is read, and says 25006 to all that writes", async () => {
  const writer = await openDatabase();
  await writer.rawExec("create table kept (n int); insert into kept values (1)");
  const name = new URL(writer.connectionString).pathname.slice(1);
  await server().rawExec(`alter database ${name} set default_transaction_read_only = on`);
  const db = await openDatabase({}, name);
  const refused = { code: SQLState.ReadOnlyTransaction, severity: "ERROR" };
  await expect(db.exec`insert into kept values (2)`).rejects.toMatchObject(refused);
  await expect(db.transaction((tx) => tx.exec`delete from kept`)).rejects.toMatchObject(refused);
  await expect(db.copyIn("copy kept from stdin", ["3\n"])).rejects.toMatchObject(refused);
  expect(await db.queryAll`select n from kept`).toEqual([{ n: 1 }]);
  expect((await db.poolCounts()).used).toBe(0);
});
