import { beforeAll, expect, test, vi } from "vitest";
import { sql, SQLDatabase, SQLError } from "../dist/index.js";
import { openDatabase, sessionsOf, until } from "./test-database.ts";

let db: SQLDatabase;

beforeAll(async () => {
  db = await openDatabase();
  await db.rawExec(`
    create type mood as enum ('sad', 'happy');
    create type place as (name text, at point);
    create domain small as int check (value < 100);
    create table item (id int primary key, name text not null unique, price numeric(10,2) check (price >= 0));
    create table part (item int references item);
  `);
});

test("a template's values are parameters, whatever they hold", async () => {
  const evil = "'; drop table item; --";
  expect(await db.queryRow`select ${evil}::text as evil`).toEqual({ evil });
  expect(await db.queryAll`select 1 as one where ${evil} = 'x'`).toEqual([]);
  expect(await db.queryRow`select count(*)::int as n from item`).toEqual({ n: 0 });
});

test("queryRow gives the first row or null, exec the number of rows", async () => {
  expect(await db.queryRow`select g from generate_series(1, 3) g`).toEqual({ g: 1 });
  expect(await db.queryRow`select 1 where false`).toBeNull();
  expect(await db.exec`insert into item select g, 'n' || g, g from generate_series(1, 5) g`).toBe(5);
  expect(await db.exec`update item set price = 2 where id > ${3}`).toBe(2);
  expect(await db.exec`delete from item`).toBe(5);
});

test("fragments nest, and identifiers are quoted", async () => {
  const from = sql`from generate_series(1, ${9}) as ${sql.identifier("g")}`;
  const even = sql`${sql.identifier("g")} % ${2} = 0`;
  const rows =
    await db.queryAll`select g as ${sql.identifier('a "b"; --')} ${from} where ${even} and g > ${3}`;
  expect(rows).toEqual([{ 'a "b"; --': 4 }, { 'a "b"; --': 6 }, { 'a "b"; --': 8 }]);
  const ids = sql.join([1, 2, 3]);
  expect(await db.queryAll`select g from generate_series(1, 9) g where g in (${ids})`).toHaveLength(3);
  expect(() => sql.identifier("")).toThrow(SQLError);
});

test("the raw forms take text and parameters apart", async () => {
  expect(await db.rawQueryAll("select $1::int + $2::int as sum", 1, 2)).toEqual([{ sum: 3 }]);
  expect(await db.rawQueryRow("select $1::text as t", "x")).toEqual({ t: "x" });
  expect(await db.rawExec("select 1 union all select 2")).toBe(2);
});

test("an error carries what the server said and never a parameter", async () => {
  await db.exec`insert into item values (1, 'one', 1)`;
  const duplicate = await db.exec`insert into item values (2, ${"one"}, 1)`.catch((error: unknown) => error);
  expect(duplicate).toBeInstanceOf(SQLError);
  expect(duplicate).toMatchObject({
    code: "23505",
    severity: "ERROR",
    table: "item",
    constraint: "item_name_key",
    schema: "public",
    query: "insert into item values (2, $1, 1)",
  });
  await expect(db.exec`insert into part values (7)`).rejects.toMatchObject({ code: "23503" });
  await expect(db.exec`insert into item values (3, null)`).rejects.toMatchObject({
    code: "23502",
    column: "name",
  });
  await expect(db.exec`insert into item values (3, 'x', -1)`).rejects.toMatchObject({ code: "23514" });
  await expect(db.queryAll`select nothing`).rejects.toMatchObject({ code: "42703", position: 8 });
  await expect(db.queryAll`select ${"x"}::int`).rejects.toMatchObject({ code: "22P02" });
  await expect(db.rawQueryAll("select $1::int", 1, 2)).rejects.toMatchObject({ code: "invalid_parameter" });
  await expect(db.rawQueryAll("select $1::int")).rejects.toMatchObject({ code: "invalid_parameter" });
  expect(await db.queryAll`select ${"a\ud800"}::text as half`).toEqual([{ half: "a\ufffd" }]);
  await expect(db.queryAll`select ${"a\0b"}::text`).rejects.toMatchObject({ code: "22021" });
});

test("S24: the stack of a failed query names the functions that led to it", async () => {
  async function asksForNothing(): Promise<void> {
    await null;
    await db.queryAll`select nothing`;
  }
  async function callsIt(): Promise<void> {
    await asksForNothing();
  }
  const failed = await callsIt().catch((error: unknown) => error);
  expect((failed as Error).stack).toMatch(/asksForNothing.*query\.test\.ts[^]*callsIt.*query\.test\.ts/);
  const inTransaction = await db
    .transaction(async function changes(tx) {
      await tx.exec`insert into nowhere values (1)`;
    })
    .catch((error: unknown) => error);
  expect((inTransaction as Error).stack).toMatch(/changes.*query\.test\.ts/);
});

test("values arrive as node-postgres users expect them", async () => {
  const row = await db.queryRow`select
    true as bool, 1::int2 as int2, -2::int4 as int4, 9007199254740993::int8 as int8,
    1.5::float4 as float4, 0.1::float8 as float8, 'Infinity'::float8 as inf, 'NaN'::float8 as nan,
    12.340::numeric as numeric, 'NaN'::numeric as numeric_nan, -0.0001::numeric as tiny, 1e20::numeric as huge,
    'tëxt 🎈 "\\"'::text as text, 'x'::char(3) as bpchar, 'happy'::mood as mood, 42::small as domain,
    '{"a":[1,"é"]}'::json as json, '{"a": null}'::jsonb as jsonb, 'null'::jsonb as json_null,
    '\\x00ff10'::bytea as bytea, '5a8c7f3e-0000-4000-8000-0123456789ab'::uuid as uuid,
    '2024-02-29'::date as date, '0044-03-15 BC'::date as bc, 'infinity'::date as date_inf,
    '12:34:56.789'::time as time, '12:34:56+05:30'::timetz as timetz,
    '2024-02-29 12:34:56.789'::timestamp as ts, '2024-02-29 12:34:56.789+02'::timestamptz as tstz,
    'infinity'::timestamptz as ts_inf, '1 year 2 mons -3 days 04:05:06.7'::interval as interval, '0'::interval as zero,
    '10.0.0.1/24'::inet as inet, '::1'::inet as inet6, '10.0.0.0/8'::cidr as cidr, '08:00:2b:01:02:03'::macaddr as mac,
    int4range(1, 5) as range, 'empty'::int4range as empty, tstzrange('2024-01-01 00:00Z', null) as tsrange,
    '{[1,3), [5,7)}'::int4multirange as multirange, row('a "b"', point(1, 2))::place as composite, row(1, null, 'x y') as record,
    b'101' as bits, point(1.5, -2) as point, '<(1,2),3>'::circle as circle, '16/B374D848'::pg_lsn as lsn,
    'pg_class'::regclass as regclass, null::int as nothing`;
  expect(row).toEqual({
    bool: true, int2: 1, int4: -2, int8: "9007199254740993", float4: 1.5, float8: 0.1, inf: Infinity, nan: NaN,
    numeric: "12.340", numeric_nan: "NaN", tiny: "-0.0001", huge: "100000000000000000000",
    text: 'tëxt 🎈 "\\"', bpchar: "x  ", mood: "happy", domain: 42,
    json: { a: [1, "é"] }, jsonb: { a: null }, json_null: null,
    bytea: Buffer.from([0, 255, 16]), uuid: "5a8c7f3e-0000-4000-8000-0123456789ab",
    date: "2024-02-29", bc: "0044-03-15 BC", date_inf: "infinity", time: "12:34:56.789", timetz: "12:34:56+05:30",
    ts: new Date("2024-02-29T12:34:56.789Z"), tstz: new Date("2024-02-29T10:34:56.789Z"), ts_inf: Infinity,
    interval: "1 year 2 mons -3 days +04:05:06.7", zero: "00:00:00",
    inet: "10.0.0.1/24", inet6: "::1", cidr: "10.0.0.0/8", mac: "08:00:2b:01:02:03",
    range: "[1,5)", empty: "empty", tsrange: '["2024-01-01 00:00:00+00",)', multirange: "{[1,3),[5,7)}",
    composite: '("a ""b""","(1,2)")', record: '(1,,"x y")', bits: "101", point: "(1.5,-2)", circle: "<(1,2),3>",
    lsn: "16/B374D848", regclass: "pg_class", nothing: null,
  }); // prettier-ignore
});

test("the text of every type is the server's own", async () => {
  const literals = [
    ["12.5", "float4"], ["1e-7", "float8"], ["1e21", "float8"], ["123456789012345678", "float8"], ["1e6", "float4"],
    ["-12345.678900", "numeric"], ["0.00001234", "numeric"], ["10000", "numeric"], ["100000000.5", "numeric"],
    ["-1 year -2 days +03:00", "interval"], ["14 months", "interval"], ["-00:00:01.5", "interval"], ["3 days -1 hour", "interval"],
    ["1999-12-31", "date"], ["1600-02-29", "date"], ["99999-01-01", "date"], ["4713-01-01 BC", "date"],
    ["23:59:59.999999", "time"], ["12:00:00-03:30:15", "timetz"], ["2000-01-01 00:00:00.000001", "timestamp"],
    ["{{1,2},{3,NULL}}", "int[]"], ['{"a b",NULL,"NULL","",x,"q\\"\\\\"}', "text[]"], ["{t,f}", "bool[]"],
    ["[2,10)", "int4range"], ["(,5.5]", "numrange"], ["1.2.3.4/8", "inet"], ["fe80::1/64", "inet"], ["08:00:2b:01:02:03:04:05", "macaddr8"],
    ["((1,2),(3,4))", "path"], ["[(1,2),(3,4)]", "path"], ["((0,0),(1,1),(2,0))", "polygon"], ["{1,2,3}", "line"],
    ["[(1,2),(3,4)]", "lseg"], ["(3,4),(1,2)", "box"], ["10101", "varbit"], ["$.a[*] ? (@ > 1)", "jsonpath"], ["(7,3)", "tid"],
  ]; // prettier-ignore
  for (const [literal, type] of literals) {
    const written = `${literal!.replaceAll("'", "''")}`;
    const same = await db.rawQueryRow(
      `select '${written}'::${type} as value, '${written}'::${type}::text as text`,
    );
    const { rows } = await db.pool().query({
      text: `select '${written}'::${type} as value`,
      types: { getTypeParser: () => (text) => text },
    });
    expect(rows[0].value, `${literal} as ${type}`).toBe(same!.text);
  }
});

test("arrays arrive as arrays of what their elements are", async () => {
  const row =
    await db.queryRow`select '{1,2,null}'::int[] as ints, '{{1,2},{3,4}}'::int8[] as bigs, '{}'::text[] as none,
    array['2024-01-01 00:00Z'::timestamptz, null] as times, array['\\x01'::bytea] as bytes, array['{"a":1}'::jsonb] as docs,
    array['NaN'::float8, 1] as floats, array['a"b', 'null', ''] as texts`;
  expect(row).toEqual({
    ints: [1, 2, null],
    bigs: [["1", "2"], ["3", "4"]], // prettier-ignore
    none: [],
    times: [new Date("2024-01-01T00:00:00Z"), null],
    bytes: [Buffer.from([1])],
    docs: [{ a: 1 }],
    floats: [NaN, 1],
    texts: ['a"b', "null", ""],
  });
});

test("parameters of every kind come back as they were sent", async () => {
  const when = new Date("2024-05-06T07:08:09.123Z");
  const row =
    await db.queryRow`select ${1}::int as int, ${2n ** 62n}::int8 as big, ${1.5}::float8 as float, ${NaN}::float8 as nan,
    ${-Infinity}::float8 as inf, ${"12.30"}::numeric as num, ${true}::bool as bool, ${null}::int as nil, ${undefined}::text as undef,
    ${when}::timestamptz as tstz, ${when}::timestamp as ts, ${Buffer.from([0, 1, 255])}::bytea as bytes,
    ${new Uint8Array([7])}::bytea as u8, ${{ a: ["é", { b: null }] }}::jsonb as doc, ${[1, { a: 2 }]}::jsonb as list,
    ${[1, null, 3]}::int[] as ints, ${[
      ['a"', "b\\"],
      ["{c}", ""],
    ]}::text[] as texts, ${[when]}::timestamptz[] as times,
    ${[{ a: 1 }, [2]]}::jsonb[] as docs, ${[1n, 2n]}::int8[] as bigs, ${"[1,5)"}::int4range as range, ${'"x"'}::json as text_json`;
  expect(row).toEqual({
    int: 1, big: String(2n ** 62n), float: 1.5, nan: NaN, inf: -Infinity, num: "12.30", bool: true, nil: null, undef: null,
    tstz: when, ts: when, bytes: Buffer.from([0, 1, 255]), u8: Buffer.from([7]), doc: { a: ["é", { b: null }] },
    list: [1, { a: 2 }], ints: [1, null, 3], texts: [['a"', "b\\"], ["{c}", ""]], times: [when], docs: [{ a: 1 }, [2]],
    bigs: ["1", "2"], range: "[1,5)", text_json: "x",
  }); // prettier-ignore
  for (const value of [() => 1, Symbol("s"), new Date(NaN)]) {
    await expect((async () => db.queryAll`select ${value}::text`)()).rejects.toMatchObject({
      code: "invalid_parameter",
    });
  }
});

test("int8 arrives as the database's option says", async () => {
  const bigints = await openDatabase({ bigint: "bigint" });
  const numbers = await openDatabase({ bigint: "number" });
  const row = (db: SQLDatabase) => db.queryRow`select 9007199254740993 as big, array[1::int8, null] as list`;
  expect(await row(bigints)).toEqual({ big: 9007199254740993n, list: [1n, null] });
  expect(await row(numbers)).toEqual({ big: 9007199254740992, list: [1, null] });
});

test("odd columns are rows all the same", async () => {
  const odd = await db.queryRow`select 1 as "__proto__", 2 as "constructor", 3 as "0"`;
  expect(Object.entries(odd!)).toEqual([["0", 3], ["__proto__", 1], ["constructor", 2]]); // prettier-ignore
  expect(Object.getPrototypeOf(odd)).toBe(Object.prototype);
  expect(await db.queryRow`select 1 as a, 2 as a`).toEqual({ a: 2 });
});

test("a statement goes on after its table has changed", async () => {
  await db.rawExec("create table shifting (a int)");
  await db.rawExec("insert into shifting values (1)");
  const read = () => db.queryAll`select * from shifting`;
  expect(await read()).toEqual([{ a: 1 }]);
  await db.rawExec("alter table shifting add column b text default 'x'");
  expect(await read()).toEqual([{ a: 1, b: "x" }]);
  expect(await Promise.all([read(), read()])).toEqual([[{ a: 1, b: "x" }], [{ a: 1, b: "x" }]]);
});

test("many queries of one turn each get their own answer", async () => {
  const numbers = Array.from({ length: 500 }, (_, index) => index);
  const rows = await Promise.all(
    numbers.map((n) => db.queryRow`select ${n}::int as n, pg_backend_pid() as pid`),
  );
  expect(rows.map((row) => row!.n)).toEqual(numbers);
  expect((await sessionsOf(db)).length).toBeLessThanOrEqual(10);
});

test("a stream yields every row and holds the server back", async () => {
  let sum = 0;
  for await (const { n } of db.query<{ n: number }>`select n::int from generate_series(1, ${50_000}) n`)
    sum += n;
  expect(sum).toBe(1_250_025_000);
});

test("leaving a stream's loop cancels its statement and gives the connection back", async () => {
  for await (const { n } of db.query<{
    n: number;
  }>`select a as n from generate_series(1, 10000) a, generate_series(1, 10000) b`) {
    if (n > 0) break;
  }
  await until(async () => (await sessionsOf(db)).every(({ state }) => state === "idle"));
  expect((await db.poolCounts()).used).toBe(0);
});

test("a stream that fails says why, and an error in the loop ends it", async () => {
  const bad = async () => {
    for await (const _ of db.query`select 1 / (5000 - n) from generate_series(1, 10000) n`);
  };
  await expect(bad()).rejects.toMatchObject({ code: "22012" });
  const thrown = async () => {
    for await (const _ of db.query`select a from generate_series(1, 10000) a, generate_series(1, 10000) b`)
      throw new Error("mine");
  };
  await expect(thrown()).rejects.toThrow("mine");
  await until(async () => (await db.poolCounts()).used === 0);
});

test("a database without a connection string says what to set", async () => {
  // In development the embedded server takes the place of what is not set.
  vi.stubEnv("NODE_ENV", "production");
  const lost = new SQLDatabase("no such place");
  await expect(lost.queryAll`select 1`).rejects.toThrow(/DATABASE_URL_NO_SUCH_PLACE/);
  expect(() => lost.connectionString).toThrow(SQLError);
  expect(SQLDatabase.named("no such place")).toBe(lost);
  vi.unstubAllEnvs();
});
