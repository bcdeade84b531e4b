import { expect, test } from "vitest";
import { openDatabase, urlOf, createDatabase } from "./test-database.ts";
import { SQLDatabase } from "../dist/index.js";

/** The database of a test, and another client of it that migrates. */
async function twoClients(maxConnections = 4): Promise<{ db: SQLDatabase; migrator: SQLDatabase }> {
  const database = await createDatabase();
  const db = await openDatabase({ maxConnections }, database);
  const migrator = new SQLDatabase(`migrator of ${database}`, { connectionString: `${urlOf(database)}?application_name=migrator` });
  return { db, migrator };
} // prettier-ignore

/** What `prisma migrate` writes to take a value out of an enum. */
const REMAKE_ENUM = `begin; create type st_new as enum ('new', 'paid'); alter table ord alter column s type st_new using (s::text::st_new);
  alter type st rename to st_old; alter type st_new rename to st; drop type st_old; commit`;

test("a type that was made again breaks no statement, inside or outside of transactions", async () => {
  const { db, migrator } = await twoClients();
  await migrator.rawExec(
    "create type st as enum ('new', 'paid'); create table ord (id serial primary key, s st not null); insert into ord (s) values ('new')",
  );
  const find = () => db.queryAll`select id, s from ord where s = ${"new"}`;
  const inTransaction = () => db.transaction((tx) => tx.queryAll`select id, s from ord where s = ${"new"}`);
  const begun = async () => {
    const tx = await db.begin();
    const rows = await tx.queryAll`select id, s from ord where s = ${"new"}`;
    await tx.commit();
    return rows;
  };
  for (let round = 0; round < 3; round++) {
    for (const way of [find, inTransaction, begun]) expect(await way()).toEqual([{ id: 1, s: "new" }]);
    await migrator.rawExec(REMAKE_ENUM);
  }
  for (const way of [begun, inTransaction, find]) expect(await way()).toEqual([{ id: 1, s: "new" }]);
});

test("a schema, a composite and a table that were made again are found again", async () => {
  const { db, migrator } = await twoClients();
  const make = (extra: string) =>
    `drop schema if exists shop cascade; create schema shop; create type shop.place as (x int, y int${extra}); create table shop.item (at shop.place, n int${extra.replace("z", "m")}); insert into shop.item (at, n) values (null, 7)`;
  await migrator.rawExec(make(""));
  const find = (on: Pick<SQLDatabase, "rawQueryAll">) =>
    on.rawQueryAll("select * from shop.item where at is not distinct from $1::shop.place", null);
  expect(await find(db)).toEqual([{ at: null, n: 7 }]);
  await migrator.rawExec(make(", z int"));
  expect(await find(db)).toEqual([{ at: null, n: 7, m: null }]);
  await migrator.rawExec(make(""));
  expect(await db.transaction((tx) => find(tx))).toEqual([{ at: null, n: 7 }]);
});

test("a statement later in a transaction says that it can be run again, and transaction() does so", async () => {
  const { db, migrator } = await twoClients(1);
  await migrator.rawExec("create table t (a int); insert into t values (1)");
  const read = (on: Pick<SQLDatabase, "rawQueryAll">) => on.rawQueryAll("select * from t");
  await read(db);
  await migrator.rawExec("alter table t add column b int");
  const tx = await db.begin();
  await tx.rawExec("create temp table other (a int)");
  await expect(read(tx)).rejects.toMatchObject({ code: "0A000", retryable: true });
  await tx.rollback();
  await read(db);
  await migrator.rawExec("alter table t drop column b");
  let runs = 0;
  const rows = await db.transaction(async (tx) => {
    runs++;
    await tx.rawExec("create temp table other (a int)");
    return read(tx);
  });
  expect(rows).toEqual([{ a: 1 }]);
  expect(runs).toBe(2);
});

test("one schema per tenant: the same text means what the search path says", async () => {
  const db = await openDatabase({ maxConnections: 1 });
  for (const schema of ["ta", "tb"]) {
    await db.rawExec(
      `create schema ${schema}; create type ${schema}.st as enum ('x'); create table ${schema}.t (a int, s ${schema}.st${schema === "tb" ? ", b int" : ""}); insert into ${schema}.t values (1, 'x')`,
    );
  }
  const find = (schema: string) =>
    db.transaction(async (tx) => {
      await tx.rawExec(`set local search_path = ${schema}`);
      return tx.rawQueryAll("select * from t where s = $1", "x");
    });
  for (const schema of ["ta", "tb", "tb", "ta", "tb"]) {
    const expected = schema === "tb" ? { a: 1, s: "x", b: null } : { a: 1, s: "x" };
    expect(await find(schema)).toEqual([expected]);
  }
  const connection = await db.acquire();
  await connection.rawExec("set search_path = ta");
  expect(await connection.rawQueryAll("select * from t where s = $1", "x")).toEqual([{ a: 1, s: "x" }]);
  await connection.rawExec("begin");
  await connection.rawExec("set search_path = tb");
  expect(await connection.rawQueryAll("select * from t where s = $1", "x")).toHaveLength(1);
  await connection.rawExec("rollback");
  expect(await connection.rawQueryAll("select * from t where s = $1", "x")).toEqual([{ a: 1, s: "x" }]);
  await connection.close();
  await expect(db.rawQueryAll("select * from t where s = $1", "x")).rejects.toMatchObject({ code: "42P01" });
});

test("migrations from elsewhere under load fail no statement", { timeout: 60_000 }, async () => {
  const { db, migrator } = await twoClients();
  await migrator.rawExec(
    "create type st as enum ('new', 'paid'); create table ord (id serial primary key, s st not null, n int); insert into ord (s, n) values ('new', 1)",
  );
  const failures: unknown[] = [];
  let done = 0;
  const until = { stopped: false };
  const load = async (): Promise<void> => {
    while (!until.stopped) {
      await Promise.all([
        db.queryAll`select id, s, n from ord where s = ${"new"}`,
        db.exec`update ord set s = ${"new"} where id = ${1}`,
        db.rawQueryAll("select * from ord where n::text = $1::text", "1"),
        db.transaction((tx) => tx.queryAll`select s from ord where s = any(${["new", "paid"]})`),
      ]).catch((error) => failures.push(error));
      done++;
    }
  };
  const workers = Array.from({ length: 4 }, load);
  for (let round = 0; round < 12; round++) {
    await migrator.rawExec(REMAKE_ENUM);
    await migrator.rawExec(`alter table ord alter column n type ${round % 2 ? "int" : "bigint"}`);
    await migrator.rawExec(round % 2 ? "alter table ord drop column x" : "alter table ord add column x int default 1");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  until.stopped = true;
  await Promise.all(workers);
  expect(failures).toEqual([]);
  expect(done).toBeGreaterThan(12);
}); // prettier-ignore
