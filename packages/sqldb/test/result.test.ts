import { expect, test } from "vitest";
import { SQLDatabase, SQLError } from "../dist/index.js";
import { openDatabase } from "./test-database.ts";

test("types without a codec of their own need no query around the statement", async () => {
  const db = await openDatabase();
  await db.rawExec(
    "create table doc (id serial, body text, tsv tsvector generated always as (to_tsvector('simple', body)) stored)",
  );
  const insert = "with ins as (insert into doc (body) values ('a') returning *) select * from ins";
  expect(await db.rawQueryAll(insert)).toEqual([{ id: 1, body: "a", tsv: "'a':1" }]);
  expect(await db.rawQueryAll("select tsv from doc; -- end")).toEqual([{ tsv: "'a':1" }]);
  const fetched = await db.transaction(async (tx) => {
    await tx.rawExec("declare c cursor for select tsv from doc");
    return tx.rawQueryAll("fetch all from c");
  });
  expect(fetched).toEqual([{ tsv: "'a':1" }]);
  await expect(db.rawQueryAll("select tsv, nothing from doc")).rejects.toMatchObject({ position: 13 });
  const streamed = [];
  for await (const row of db.rawQuery("select tsv from doc")) streamed.push(row);
  expect(streamed).toEqual([{ tsv: "'a':1" }]);
});

test.each([
  [`'\\000'::"char"`, ""],
  [`'\\200'::"char"`, "\\200"],
  [`'a'::"char"`, "a"],
  ["'1 2'::int2vector", "1 2"],
  ["array['(1,1),(0,0)', '(3,3),(2,2)']::box[]", ["(1,1),(0,0)", "(3,3),(2,2)"]],
  ["'[0:1]={1,2}'::int[]", [1, 2]],
  ["'[0:1]={a,b}'::name[]", ["a", "b"]],
  ["xmlparse(document '<?xml version=\"1.0\"?><a>é</a>')::text", '<?xml version="1.0"?><a>é</a>'],
  ["'0044-03-15 BC'::timestamptz", new Date(Date.UTC(-43, 2, 15))],
  ["'12345-03-15'::timestamp", new Date(Date.UTC(12345, 2, 15))],
  ["row(1, null, 'a \"b\"')", '(1,,"a ""b""")'],
])("%s arrives as the server prints it", async (expression, expected) => {
  const db = await openDatabase({}, "postgres");
  expect(await db.rawQueryRow(`select ${expression} as value`)).toEqual({ value: expected });
});

test("dates before the year 1 and after 9999 go as they came", async () => {
  const db = await openDatabase({}, "postgres");
  for (const date of [new Date(Date.UTC(-43, 2, 15)), new Date(-62_198_755_200_000), new Date(Date.UTC(12345, 5, 6))]) {
    const sent = await db.queryRow`select ${date}::timestamptz as at, ${date}::timestamp as here, ${[date]}::timestamptz[] as list`;
    expect(sent).toEqual({ at: date, here: date, list: [date] });
  }
}); // prettier-ignore

test("the settings of a session are those of its text", async () => {
  const db = await openDatabase({}, "postgres");
  const connection = await db.acquire();
  await connection.rawExec("set intervalstyle = iso_8601");
  await connection.rawExec("set time zone '-10'");
  const row =
    await connection.queryRow`select interval '1 day 2 hours' as i, '2022-01-01 10:00+00'::timestamptz::text as t,
    tstzrange('2022-01-01 10:00+00', null) as r`;
  expect(row).toEqual({ i: "P1DT2H", t: "2022-01-01 00:00:00-10", r: '["2022-01-01 00:00:00-10",)' });
  await connection.close();
  expect(await db.queryRow`select interval '1 day 2 hours' as i`).toEqual({ i: "1 day 02:00:00" });
});

test("several statements give their results when asked, and are refused before they run otherwise", async () => {
  const db = await openDatabase();
  await db.rawExec("create table t (a int)");
  const text = "insert into t values (1), (2); select a, now() > 'epoch' as b from t order by a; update t set a = 3";
  for (const refused of [() => db.rawQueryAll(text), () => db.rawQueryRow(text)]) {
    await expect(refused()).rejects.toMatchObject({ code: "invalid_parameter" });
  }
  expect(await db.rawQueryAll("select * from t")).toEqual([]);
  const results = await db.rawQueryAll(text, { multi: true });
  expect(results).toEqual([[], [{ a: 1, b: true }, { a: 2, b: true }], []]);
  const told = results.map(({ command, affected }) => [command, affected]);
  expect(told).toEqual([["INSERT", 2], ["SELECT", 2], ["UPDATE", 2]]);
  expect(await db.rawExec("insert into t values (4); delete from t")).toBe(4);
  await expect(db.rawQueryAll("select 1; select 1 / 0", { multi: true })).rejects.toMatchObject({ code: "22012" });
  expect(await db.rawQueryAll("select $1::jsonb as value", { multi: true })).toEqual([{ value: { multi: true } }]);
}); // prettier-ignore

test("rows without columns are counted, and changes behind a CTE are", async () => {
  const db = await openDatabase();
  expect(await db.rawQueryAll("select from generate_series(1, 3)")).toEqual([{}, {}, {}]);
  await db.rawExec("create table t as select generate_series(1, 5) as n");
  expect(await db.rawExec("with few as (select 2 as n) delete from t using few where t.n > few.n")).toBe(3);
});

test("an error inside a function says where inside, not where outside", async () => {
  const db = await openDatabase({}, "postgres");
  const error = await db.rawExec("do $$ begin perform * from missing; end $$").catch((e: SQLError) => e);
  expect(error).toBeInstanceOf(SQLError);
  expect(error).toMatchObject({
    code: "42P01",
    internalQuery: "SELECT * from missing",
    internalPosition: 15,
  });
  expect((error as SQLError).position).toBeUndefined();
  expect((error as SQLError).where).toContain("inline_code_block");
  expect(error).toMatchObject({
    file: "parse_relation.c",
    routine: "parserOpenTable",
    line: expect.any(Number),
  });
});

test("a connection that the server ends fails with the server's words", async () => {
  const db = await openDatabase({ maxConnections: 2 }, "postgres");
  const ended = async (end: (pid: number) => Promise<unknown>) => {
    const tx = await db.begin();
    const row = await tx.rawQueryRow("select pg_backend_pid() as pid");
    await end(row!.pid);
    const failure = await tx.rawQueryAll("select 1").catch((error: SQLError) => error.code);
    await tx.rollback().catch(() => undefined);
    return failure;
  };
  const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  expect(await ended((pid) => db.rawQueryAll("select pg_terminate_backend($1)", pid).then(() => wait(100)))).toBe("57P01");
  const tx = await db.begin();
  await tx.rawExec("set local idle_in_transaction_session_timeout = 50");
  await wait(300);
  await expect(tx.rawQueryAll("select 1")).rejects.toMatchObject({ code: "25P03" });
  await tx.rollback().catch(() => undefined);
  expect(await db.rawQueryRow("select 1 as one")).toEqual({ one: 1 });
}); // prettier-ignore

test.each<[string, (db: SQLDatabase) => unknown, string]>([
  ["too many parameters", (db) => db.rawQueryAll("select 1", ...Array<number>(65_536).fill(1)), "invalid_parameter"],
  ["NUL in a text", (db) => db.rawExec("select '\0'"), "invalid_parameter"],
  ["COPY as a query", (db) => db.rawExec("copy pg_class to stdout"), "invalid_parameter"],
  ["COPY among others", (db) => db.rawExec("create temp table c (a int); copy c from stdin"), "invalid_parameter"],
  ["copyIn of an insert", (db) => db.copyIn("insert into left_alone values (9)", ["x"]), "invalid_parameter"],
  ["copyIn of copy out", (db) => db.copyIn("copy left_alone to stdout", ["x"]), "invalid_parameter"],
  ["copyIn of nothing", (db) => db.copyIn("copy left_alone from stdin", null as never), "invalid_parameter"],
  ["a name of 70 bytes", (db) => db.listen("x".repeat(70)), "invalid_parameter"],
  ["a template that is none", (db) => db.queryAll("select 1" as never), "invalid_parameter"],
  ["work that is none", (db) => db.transaction(5 as never), "invalid_parameter"],
  ["a time that is none", (db) => db.with({ timeout: -1 }).queryAll`select 1`, "invalid_parameter"],
  ["a signal that is none", (db) => db.acquire({ signal: {} as never }), "invalid_parameter"],
])("%s is told before anything is sent, and the connection lives", async (_, work, code) => {
  const db = await openDatabase({ maxConnections: 1 }, "postgres");
  await db.rawExec("create temp table if not exists nothing (a int)");
  const before = await db.rawQueryRow("select pg_backend_pid() as pid");
  const error = await Promise.resolve().then(() => work(db)).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(SQLError);
  expect(error).toMatchObject({ code });
  expect(await db.rawQueryRow("select pg_backend_pid() as pid")).toEqual(before);
}); // prettier-ignore

test("limits that are none are told where the database is declared", async () => {
  const connectionString = (await openDatabase({}, "postgres")).connectionString;
  for (const options of [{ queryTimeout: -1 }, { maxConnections: 0 }, { idleTimeout: Number.NaN }]) {
    const declared = (): SQLDatabase => new SQLDatabase("limits", { connectionString, ...options });
    expect(declared).toThrow(expect.objectContaining({ code: "config_invalid" }));
  }
  const patient = new SQLDatabase("patient", { connectionString, queryTimeout: Infinity });
  expect(await patient.rawQueryRow("select 1 as one")).toEqual({ one: 1 });
});
