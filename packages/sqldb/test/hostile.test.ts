import { expect, test } from "vitest";
import { SQLError } from "../dist/index.js";
import { openDatabase, sessionsOf, until } from "./test-database.ts";

type Any = any; // oxlint-disable-line typescript/no-explicit-any -- calls that the types refuse are the point.

const thrown = new Error("thrown by a value");
const fail = (): never => {
  throw thrown;
};
const traps: ProxyHandler<object> = {
  get: fail,
  has: fail,
  ownKeys: fail,
  getPrototypeOf: fail,
  getOwnPropertyDescriptor: fail,
};

/** Values that throw when they are looked at. */
const values: Readonly<Record<string, () => unknown>> = {
  "a proxy": () => new Proxy({}, traps),
  "a proxy of an array": () => new Proxy([], traps),
  "a revoked proxy": () => {
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    return proxy;
  },
};

const entries: Readonly<Record<string, (db: Any, value: Any) => unknown>> = {
  queryAll: (db, value) => db.queryAll`select ${value}::text`,
  "queryAll as a function": (db, value) => db.queryAll(value),
  queryRow: (db, value) => db.queryRow`select ${value}::text`,
  exec: (db, value) => db.exec`select ${value}::text`,
  query: (db, value) => db.query`select ${value}::text`.next(),
  rawQuery: (db, value) => db.rawQuery("select $1::text", value).next(),
  rawQueryAll: (db, value) => db.rawQueryAll("select $1::text", value),
  "rawQueryAll's text": (db, value) => db.rawQueryAll(value),
  rawQueryRow: (db, value) => db.rawQueryRow("select $1::text", value),
  rawExec: (db, value) => db.rawExec("select $1::text", value),
  "rawExec's text": (db, value) => db.rawExec(value),
  transaction: (db, value) => db.transaction(value),
  "transaction's options": (db, value) => db.transaction(async () => 1, value),
  begin: (db, value) => db.begin(value),
  "begin's isolation": (db, value) => db.begin({ isolation: value }),
  "transaction's retries": (db, value) => db.transaction(async () => 1, { retries: value }),
  acquire: (db, value) => db.acquire(value),
  "acquire's signal": (db, value) => db.acquire({ signal: value }),
  "acquire's timeout": (db, value) => db.acquire({ timeout: value }),
  with: async (db, value) => db.with(value),
  "a statement in a transaction": (db, value) =>
    db.transaction((tx: Any) => tx.queryAll`select ${value}::text`),
  "a savepoint": (db, value) => db.transaction((tx: Any) => tx.transaction(value)),
  listen: (db, value) => db.listen(value),
  "listen's options": (db, value) => db.listen("c", value),
  "listen's onGap": (db, value) => db.listen("c", { onGap: value }),
  copyIn: (db, value) => db.copyIn("copy t from stdin", value),
  "copyIn's text": (db, value) => db.copyIn(value, []),
  "a piece of a COPY": (db, value) => db.copyIn("copy pieces from stdin", [value]),
  copyOut: (db, value) => db.copyOut(value).next(),
  "pool.query": (db, value) => db.pool().query(value),
  "pool.query's values": (db, value) => db.pool().query("select $1::text", value),
  "pool.query's value": (db, value) => db.pool().query("select $1::text", [value]),
  "pool.query's name": (db, value) => db.pool().query({ text: "select 1", name: value }),
  "pool.query's types": (db, value) => db.pool().query({ text: "select 1", types: value }),
  "pool.query's query_timeout": (db, value) => db.pool().query({ text: "select 1", query_timeout: value }),
  "pool.query with a callback": (db, value) => called((back) => db.pool().query(value, back)),
  "pool.query's value with a callback": (db, value) =>
    called((back) => db.pool().query("select $1::text", [value], back)),
  "a callback": (db, value) => db.pool().query("select 1", [], value),
  "client.query": (db, value) => onClient(db, (client) => client.query(value)),
  "client.query's value": (db, value) => onClient(db, (client) => client.query("select $1::text", [value])),
  "client.query with a callback": (db, value) =>
    onClient(db, (client) => called((back) => client.query(value, [], back))),
};

function called(call: (back: (error: unknown) => void) => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    call((error) => (error ? reject(error as Error) : resolve(undefined)));
  });
}

async function onClient(db: Any, work: (client: Any) => unknown): Promise<unknown> {
  const client = await db.pool().connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

test("what a value throws when it is read is an SQLError with it as the cause, wherever the value is given", async () => {
  const db = await openDatabase({ maxConnections: 2 });
  await db.rawExec("create table pieces (line text)");
  const unlike: string[] = [];
  for (const [entry, call] of Object.entries(entries)) {
    for (const [kind, value] of Object.entries(values)) {
      const error: unknown = await Promise.resolve()
        .then(() => call(db, value()))
        .then(() => "nothing was thrown", (thrown: unknown) => thrown); // prettier-ignore
      if (!(error instanceof SQLError) || error.code !== "invalid_parameter") {
        unlike.push(`${entry} with ${kind}: ${error instanceof Error ? error.stack : String(error)}`);
      }
    }
  }
  expect(unlike).toEqual([]);
  await until(async () => (await db.poolCounts()).used === 0);
  expect((await sessionsOf(db)).filter(({ state }) => state !== "idle")).toEqual([]);
  const error = await db.queryAll`select ${new Proxy({}, traps)}::text`.catch((error: SQLError) => error);
  expect(error).toMatchObject({ code: "invalid_parameter", cause: thrown });
});

test("a promise that a query gives is what fails, not the call", async () => {
  const db = await openDatabase();
  for (const call of [
    () => db.queryAll`select ${Symbol("s") as unknown}`,
    () => db.rawExec(5 as never),
    () => db.rawQueryRow("\0"),
    () => (db.pool() as Any).query({}),
  ]) {
    const promise = call();
    await expect(promise).rejects.toMatchObject({ code: "invalid_parameter" });
  }
});

test("what a source of a COPY and the work of a transaction throw of themselves comes back as it is", async () => {
  const db = await openDatabase();
  await db.rawExec("create table lines (line text)");
  const source = async function* () {
    yield "a\n";
    throw thrown;
  };
  await expect(db.copyIn("copy lines from stdin", source())).rejects.toBe(thrown);
  await expect(db.transaction(async () => fail())).rejects.toBe(thrown);
  const hostile = values["a revoked proxy"]!();
  const told = await db
    .transaction(async () => Promise.reject(hostile))
    .catch((error: unknown) => error === hostile);
  expect(told).toBe(true);
  expect(await db.queryAll`select * from lines`).toEqual([]);
});
