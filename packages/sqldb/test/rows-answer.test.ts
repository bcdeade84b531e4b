import { expect, test } from "vitest";
import { inspect } from "node:util";
import { RowAnswer, RowsAnswer, SQLError } from "../dist/index.js";
import { openDatabase } from "./test-database.ts";

test("rows for an answer are those of queryAll once they are opened", async () => {
  const statement =
    "select 1 as a, 'x' as b, timestamptz '2024-05-06 07:08:09+00' as at, '\\x00ff'::bytea as bytes, 9007199254740993 as big, 'NaN'::float8 as nan, null as nothing";
  for (const bigint of ["string", "bigint", "number"] as const) {
    const db = await openDatabase({ bigint }, "postgres");
    const expected = await db.rawQueryAll(statement);
    for (let time = 0; time < 2; time++) {
      const answer = await db.rawAnswerAll(statement);
      expect(answer).toBeInstanceOf(RowsAnswer);
      expect(answer.length).toBe(1);
      expect([...answer]).toEqual(expected);
      expect(answer.open()).toBe(answer.open());
      expect(answer.toJSON()).toBe(answer.open());
    }
    expect((await db.rawAnswerRow(statement))?.open()).toEqual(expected[0]);
  }
});

test("one row is the first, and null where there is none", async () => {
  const db = await openDatabase({}, "postgres");
  const row = await db.answerRow<{ n: number }>`select n from generate_series(1, 3) as n`;
  expect(row).toBeInstanceOf(RowAnswer);
  expect(row!.open()).toEqual({ n: 1 });
  expect(inspect(row)).toBe("{ n: 1 }");
  expect(await db.answerRow`select 1 where false`).toBeNull();
});

test("changes, statements without columns and empty results have answers too", async () => {
  const db = await openDatabase();
  await db.rawExec("create table entry (id serial, text text)");
  const inserted = await db.answerAll`insert into entry (text) values ('a'), ('b') returning *`;
  expect(inserted.open()).toEqual([
    { id: 1, text: "a" },
    { id: 2, text: "b" },
  ]);
  const without = await db.answerAll`insert into entry (text) values ('c')`;
  expect([without.length, without.open()]).toEqual([0, []]);
  const empty = await db.rawAnswerAll("select from entry");
  expect([empty.length, empty.open()]).toEqual([3, [{}, {}, {}]]);
  expect(inspect(await db.rawAnswerAll("select id from entry where id = 1"))).toBe("[ { id: 1 } ]");
});

test("rows stay there after their transaction and their connection", async () => {
  const db = await openDatabase();
  await db.rawExec("create table entry (id int)");
  const rows = await db.transaction(async (tx) => {
    await tx.exec`insert into entry values (1)`;
    return tx.answerAll`select * from entry`;
  });
  const connection = await db.acquire();
  const own = await connection.answerAll`select 2 as id`;
  await connection.close();
  expect([rows.open(), own.open()]).toEqual([[{ id: 1 }], [{ id: 2 }]]);
});

test("errors and aborts are those of every statement", async () => {
  const db = await openDatabase({}, "postgres");
  await expect(db.answerAll`select nothing`).rejects.toMatchObject({ code: "42703" });
  await expect(db.rawAnswerAll("select 1; select 2")).rejects.toBeInstanceOf(SQLError);
  const abort = new AbortController();
  const waiting = db.with({ signal: abort.signal }).answerAll`select pg_sleep(10)`;
  setTimeout(() => abort.abort(new Error("enough")), 20);
  await expect(waiting).rejects.toMatchObject({ code: "canceled", cause: new Error("enough") });
});
