import fc from "fast-check";
import { expect, test } from "vitest";
import { SQLError, type SQLDatabase } from "../dist/index.js";
import { createDatabase, openDatabase, sessionsOf, until } from "./test-database.ts";

/** 300 in `npm test`, 100,000 with `FULL=1`. */
const CASES = process.env.FULL ? 100_000 : 300;
/** Cases that share a database: then it is looked at. */
const BATCH = 50;
/** Databases at once: most of a case is waiting. */
const LANES = process.env.FULL ? 10 : 3;
const LIMIT_MS = process.env.FULL ? 7_200_000 : 60_000;

const hostile = (): unknown[] => [
  Symbol("s"),
  () => 1,
  10n ** 40n,
  new Date(Number.NaN),
  new Date(Date.UTC(-43, 2, 15)),
  { toJSON: () => { throw new Error("toJSON"); } },
  Object.defineProperty({}, "a", { enumerable: true, get() { throw null; } }),
  new Proxy({}, { ownKeys: () => { throw new Error("ownKeys"); } }),
  new Proxy([], { get: () => { throw new Error("get"); } }),
  Array.from({ length: 20_000 }, (_, index) => index),
  nested(50),
  nested(200),
  nested(20_000),
  revoked({}),
  revoked([]),
  revoked(() => 1),
  new Proxy(new Uint8Array(3), {}),
  new Proxy(new Date(0), {}),
  new Proxy({}, { getPrototypeOf: () => { throw new Error("getPrototypeOf"); } }),
  new Proxy({}, { get: () => { throw revoked({}); } }),
  new Proxy(() => 1, { get: () => { throw new Error("get"); } }),
  { [Symbol.toPrimitive]: () => { throw new Error("toPrimitive"); } },
  { toPostgres: () => { throw undefined; } },
  { toString: () => { throw new Error("toString"); } },
  Object.assign(new Array(4), { 1: 1, 3: "a" }),
  Object.assign([1, 2], { toJSON: () => "{" }),
  Object.assign([1, 2], { map: () => { throw new Error("map"); } }),
  null,
  new Uint8Array(100_000),
  "\ud83d",
  "a\0b",
  Number.NaN,
  -0,
  Object.create(null),
  new Map([[1, 2]]),
  undefined,
]; // prettier-ignore

function revoked(target: object): unknown {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}

/** Stands for a hostile value where it is generated, which looks at values. */
class Hostile {
  readonly index: number;

  constructor(index: number) {
    this.index = index;
  }
}

const made = (value: unknown): unknown => (value instanceof Hostile ? hostile()[value.index] : value);

const value = fc.oneof(
  fc.nat({ max: hostile().length - 1 }).map((index) => new Hostile(index)),
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withSparseArray: true, withTypedArray: true }),
  fc.string({ unit: "binary" }),
); // prettier-ignore

const text = fc.oneof(
  fc.constantFrom(
    "select 1", "select $1::text", "select $1::int[]", "select $1::jsonb, $2::bytea", "select 1; select 2", "", ";", "select",
    "select pg_sleep(0.01)", "select 1/0", "begin", "commit", "rollback", "savepoint a", "rollback to a", "release a", "abort; begin",
    "set search_path to nowhere", "set local work_mem = '1MB'", "copy pg_class to stdout", "copy nothing from stdin", "listen x",
    "prepare p as select 1", "execute p", "deallocate all", "discard all", "declare c cursor for select 1", "fetch all from c",
    "create temp table t (a int)", "insert into t values ($1::int)", "select 1 as x into temp u", "lock pg_class",
    "select pg_advisory_lock(1)", "select setseed(0.1)", "do $$ begin raise exception 'no'; end $$", "select '\ud83d'", "select 'a\0b'",
    "select generate_series(1, 5000)", "select pg_terminate_backend(pg_backend_pid())", "select * from nothing", "prepare transaction 'x'",
  ),
  fc.string({ unit: "binary" }),
  fc.string(),
  value,
); // prettier-ignore

type Call = readonly [kind: string, text: unknown, values: readonly unknown[]];

const call: fc.Arbitrary<Call> = fc.tuple(
  fc.constantFrom(
    "queryAll", "queryRow", "exec", "query", "rawQueryAll", "rawQueryRow", "rawExec", "rawQuery", "multi", "copyIn", "copyOut",
    "wrong", "abort", "timeout", "nested", "pool", "config", "callback", "listen", "options", "forgotten",
  ),
  text,
  fc.array(value, { maxLength: 3 }),
); // prettier-ignore

const run = fc.tuple(
  fc.constantFrom("db", "transaction", "begin", "acquire", "client", "forgotten"),
  fc.array(call, { maxLength: 5 }),
);

type Any = any; // oxlint-disable-line typescript/no-explicit-any -- calls that the types refuse are the point.

/** Makes one call, which may fail, and says how it has. */
async function make(on: Any, db: SQLDatabase, [kind, ...given]: Call): Promise<unknown> {
  const [text, values] = [made(given[0]), given[1].map(made)];
  const template = Object.assign([...values.map(() => "select "), "1"], { raw: [] });
  switch (kind) {
    case "queryAll":
    case "queryRow":
    case "exec":
      return on[kind](template, ...values);
    case "query":
      return firstOf(on.query(template, ...values));
    case "rawQuery":
      return firstOf(on.rawQuery(text, ...values));
    case "rawQueryAll":
    case "rawQueryRow":
    case "rawExec":
      return on[kind](text, ...values);
    case "multi":
      return on.rawQueryAll(text, { multi: true });
    case "copyIn":
      return on.copyIn?.(text, values);
    case "copyOut":
      return on.copyOut && firstOf(on.copyOut(text));
    case "wrong":
      return on[String(["queryAll", "begin", "transaction", "rawExec"][values.length])]?.(...values);
    case "abort":
      return db.with({ signal: AbortSignal.timeout(values.length) }).rawQueryAll("select pg_sleep(0.02)");
    case "timeout":
      return db.with({ timeout: values[0] as number }).rawQueryAll(text as string);
    case "nested":
      return on.transaction?.((inner: Any) => inner.rawExec(text, ...values));
    case "pool":
      return (db.pool() as Any).query({ text, values });
    case "config":
      return (db.pool() as Any).query(tame(values[0]), tame(values[1]));
    case "callback":
      if (values.slice(0, 2).some((one) => typeof one === "function"))
        return void (db.pool() as Any).query(tame(values[0]), tame(values[1]));
      return new Promise((resolve, reject) => {
        const back = (error: unknown): void => (error ? reject(error as Error) : resolve(undefined));
        (db.pool() as Any).query(values[0], values[1] ?? [], back);
      });
    case "listen":
      return (await db.listen(text as string, values[0] as object)).close();
    case "options":
      return opened(db, values);
    default:
      // A promise that nobody waits for.
      void on.rawQueryAll(text, ...values).catch(() => undefined);
  }
}

/** A function in the place of a text or of values is the callback, and nobody else is told: what it throws is its own. */
function tame(given: unknown): unknown {
  return typeof given === "function" ? () => undefined : given;
}

/** Opens something with options that are anything, and ends it. */
async function opened(db: Any, [options, work, ...others]: unknown[]): Promise<unknown> {
  if (others.length > 0) return db.with(options).rawQueryAll("select 1");
  if (work !== undefined) return db.transaction(async () => 1, options);
  await (await db.acquire(options)).close();
  return (await db.begin(options)).rollback();
}

async function firstOf(stream: AsyncIterable<unknown>): Promise<unknown> {
  for await (const row of stream) return row;
}

async function perform(
  db: SQLDatabase,
  [where, calls]: [string, Call[]],
  unlike: (error: unknown) => void,
): Promise<void> {
  const each = async (on: unknown): Promise<void> => {
    for (const one of calls)
      await Promise.resolve()
        .then(() => make(on, db, one))
        .catch(unlike);
  };
  switch (where) {
    case "db":
      return each(db);
    case "transaction":
      return db.transaction(each).catch(unlike);
    case "begin": {
      const tx = await db.begin();
      await each(tx);
      return tx.isEnded ? undefined : tx.rollback().catch(unlike);
    }
    case "acquire": {
      const connection = await db.acquire();
      await each(connection);
      return connection.close().catch(unlike);
    }
    case "client": {
      const client = await (db.pool() as Any).connect();
      for (const [, text, values] of calls)
        await Promise.resolve()
          .then(() => client.query(tame(made(text)), values.map(made)))
          .catch(unlike);
      return client.release();
    }
    default:
      // Begun and left behind: `transactionIdleTimeout` ends it.
      await each(await db.begin());
  }
}

/** Errors of a database are `SQLError`s with a code, whatever the arguments throw. */
function isTold(error: unknown): boolean {
  return error instanceof SQLError && error.code.length > 0 && error.code !== "internal";
}

test("no statement and no value blocks a session, whatever they are", { timeout: LIMIT_MS }, async () => {
  const unlike: unknown[] = [];
  let done = 0;
  const lane = async (): Promise<void> => {
    const database = await createDatabase();
    while (done < CASES) {
      const seed = done;
      done += BATCH;
      await runBatch(database, seed, unlike);
      if (done % 5_000 === 0) console.log(`${done} cases, nothing left behind`);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  expect(unlike).toEqual([]);
}); // prettier-ignore

/** Runs `BATCH` cases on one pool, and looks whether they left anything on it or in the server. */
async function runBatch(database: string, seed: number, unlike: unknown[]): Promise<void> {
  const db = await openDatabase(
    { maxConnections: 3, queryTimeout: 2000, acquireTimeout: 4000, transactionIdleTimeout: 300 },
    database,
  );
  await fc.assert(
    fc.asyncProperty(run, async (one) => {
      await perform(db, one as [string, Call[]], (error) => void (isTold(error) || unlike.push(error)));
    }),
    { numRuns: BATCH, endOnFailure: true, ...(process.env["FULL"] ? {} : { seed }) },
  );
  await until(async () => (await db.poolCounts()).used === 0, 5000);
  const left = await sessionsOf(db);
  expect(left.filter(({ state }) => state !== "idle")).toEqual([]);
  expect(await db.rawQueryRow("select 1 as one")).toEqual({ one: 1 });
  await db.close();
  await until(async () => (await sessionsOf(db)).length === 0, 5000);
}
