import { SQLDatabase } from "@twinloop/sqldb";
import { explainStatement, listTables, readStatement } from "@twinloop/sqldb/admin";
import { afterAll, beforeAll, expect, test } from "vitest";

const SERVER = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";
const NAME = `reading_${process.pid}`;
const server = new SQLDatabase("server of the tests", { connectionString: SERVER });
const url = new URL(SERVER);
url.pathname = `/${NAME}`;
process.env["DATABASE_URL_SHOP"] = url.href;
const shop = new SQLDatabase("shop", { onConnect: "set search_path to goods, public", maxConnections: 1 });

const read = (sql: string, more: object = {}) => readStatement("shop", { sql, limit: 10, ...more });

beforeAll(async () => {
  await server.rawExec(`create database ${NAME} template template0`);
  await shop.rawExec(
    `create schema goods; create table goods.items (id int8 primary key, title text, at timestamptz, data bytea, score float8);
     insert into goods.items select n, 'item ' || n, '2026-01-01T00:00:00Z', '\\x0102', 'NaN' from generate_series(1, 100) n;
     create view goods.titles as select title from goods.items; analyze goods.items`,
  );
});

afterAll(async () => {
  await shop.close();
  await server.rawExec(`drop database ${NAME} with (force)`);
  await server.close();
});

test("rows have their columns with types, in a form that JSON carries, up to the limit", async () => {
  const all = await read("select id, id, title, at, data, score from items order by items.id", { limit: 2 });
  expect(all.columns).toEqual([
    { name: "id", type: "bigint" },
    { name: "id", type: "bigint" },
    { name: "title", type: "text" },
    { name: "at", type: "timestamp with time zone" },
    { name: "data", type: "bytea" },
    { name: "score", type: "double precision" },
  ]);
  const first = ["1", "1", "item 1", "2026-01-01T00:00:00.000Z", "AQI=", "NaN"];
  expect(JSON.parse(JSON.stringify(all.rows))[0]).toEqual(first);
  expect([all.rows.length, all.isCut]).toEqual([2, true]);
  const none = await read("select title from titles where false");
  expect(none).toMatchObject({ columns: [{ name: "title", type: "text" }], rows: [], isCut: false });
});

test("a pool that is used up does not keep its database from being looked at", async () => {
  await using held = await shop.begin();
  await held.rawExec("lock table goods.items in access exclusive mode");
  expect((await read("select 1 as one")).rows).toEqual([[1]]);
});

test.each([
  ["a change", "delete from items", "invalid_argument"],
  ["a change within a query", "with gone as (delete from items returning *) select * from gone", "25006"],
  ["several statements", "select 1; delete from items", "invalid_argument"],
  ["the end of the transaction", "select 1; commit; delete from items", "invalid_argument"],
  ["a file of the server", "select pg_read_file('/etc/passwd')", "42501"],
  ["a way out of read-only", "select set_config('transaction_read_only', 'off', false)", "invalid_argument"],
  ["a table that there is not", "select * from nothing", "42P01"],
])("%s is refused", async (_what, sql, code) => {
  await expect(read(sql)).rejects.toMatchObject({ code });
  expect((await read("select count(*)::int4 from items")).rows).toEqual([[100]]);
});

test("a database that there is not is named with those that there are", async () => {
  const refused = readStatement("shops", { sql: "select 1", limit: 1 });
  await expect(refused).rejects.toMatchObject({ code: "not_found", hint: expect.stringContaining("shop") });
});

test("the plan of a statement is given, also of one with parameters and of one that writes", async () => {
  const [seen] = (await explainStatement("shop", { sql: "select * from items where id = $1" })) as any[];
  expect(seen.Plan["Node Type"]).toMatch(/Scan/);
  const [written] = (await explainStatement("shop", { sql: "delete from items where id = $1" })) as any[];
  expect(written.Plan["Node Type"]).toBe("ModifyTable");
  const sql = "select count(*) from items";
  const [ran] = (await explainStatement("shop", { sql, analyze: true })) as any[];
  expect(ran["Execution Time"]).toBeGreaterThan(0);
  expect((await read("select count(*)::int4 from items")).rows).toEqual([[100]]);
});

test.each([
  ["a change that is run", { sql: "delete from items", analyze: true }, "invalid_argument"],
  [
    "a change within a query",
    { sql: "with x as (delete from items returning *) table x", analyze: true },
    "25006",
  ],
  [
    "parameters without values",
    { sql: "select * from items where id = $1", analyze: true },
    "invalid_argument",
  ],
  ["several statements", { sql: "select 1; delete from items" }, "invalid_argument"],
  ["what has no plan", { sql: "vacuum" }, "invalid_argument"],
])("the plan of %s is refused", async (_what, request, code) => {
  await expect(explainStatement("shop", request)).rejects.toMatchObject({ code });
  expect((await read("select count(*)::int4 from items")).rows).toEqual([[100]]);
});

test("tables and views are listed with their estimated rows, and the server's own are not", async () => {
  expect(await listTables("shop")).toEqual([
    { schema: "goods", name: "items", kind: "table", rows: 100 },
    { schema: "goods", name: "titles", kind: "view", rows: null },
  ]);
});
