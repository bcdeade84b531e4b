import { expect, test } from "vitest";
import { openDatabase, sessionsOf, until } from "./test-database.ts";

test("what a statement leaves on a shared connection, nobody else finds", async () => {
  const db = await openDatabase({ maxConnections: 1 });
  await db.rawExec(`create function leaves(value text) returns text language sql as $$ select set_config('my.tenant', value, false) $$;
    create function moves() returns text language plpgsql as $$ begin set time zone 'Asia/Tokyo'; return 'moved'; end $$`);
  const tenant = () => db.rawQueryRow("select current_setting('my.tenant', true) as tenant");
  const zone = () => db.rawQueryRow("select current_setting('timezone') as zone");
  const before = await zone();
  await db.rawQueryAll("select leaves('SECRET')");
  expect((await tenant())?.tenant || null).toBeNull();
  await db.transaction((tx) => tx.rawQueryAll("select leaves($1)", "SECRET"));
  expect((await tenant())?.tenant || null).toBeNull();
  for await (const _ of db.rawQuery("select leaves('SECRET')")) break;
  expect((await tenant())?.tenant || null).toBeNull();
  for await (const _ of db.rawQuery("select set_config('my.tenant', 'SECRET', false)"));
  expect((await tenant())?.tenant || null).toBeNull();
  for await (const _ of db.copyOut("copy (select leaves('SECRET')) to stdout"));
  expect((await tenant())?.tenant || null).toBeNull();
  await db.rawQueryAll("select moves()");
  expect(await zone()).toEqual(before);
  await db.rawExec("update pg_settings set setting = 'Asia/Tokyo' where name = 'TimeZone'");
  expect(await zone()).toEqual(before);
});

test("temporary tables, prepared statements, locks, cursors and listeners end with their borrower", async () => {
  const db = await openDatabase({ maxConnections: 1 });
  for (let round = 0; round < 3; round++) {
    await db.rawExec("select 1 as x into temp left_behind");
    await expect(db.rawQueryAll("select * from left_behind")).rejects.toMatchObject({ code: "42P01" });
    const connection = await db.acquire();
    await connection.rawExec("prepare p as select 1");
    await connection.rawExec("select pg_advisory_lock(7)");
    await connection.rawExec("declare held cursor with hold for select 1");
    await connection.rawExec("listen somewhere");
    await connection.close();
  }
  const left =
    await db.rawQueryRow(`select (select count(*) from pg_prepared_statements where from_sql)::int as prepared,
    (select count(*) from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database()))::int as locks,
    (select count(*) from pg_cursors where is_holdable)::int as cursors, (select count(*) from pg_listening_channels())::int as channels`);
  expect(left).toEqual({ prepared: 0, locks: 0, cursors: 0, channels: 0 });
});

test("a connection whose random numbers were settled is closed", async () => {
  const db = await openDatabase({ maxConnections: 1 });
  const pid = () => db.rawQueryRow("select pg_backend_pid() as pid");
  const before = await pid();
  await db.rawQueryAll("select setseed(0.5)");
  expect(await pid()).not.toEqual(before);
});

test("a transaction or connection that nobody can give back comes back", { timeout: 20_000 }, async () => {
  const db = await openDatabase({ maxConnections: 2, transactionIdleTimeout: 200 });
  const lose = async () => {
    await (await db.begin()).rawExec("commit");
    await db.begin();
  };
  await lose();
  await until(async () => (await db.poolCounts()).used === 0, 3000);
  expect((await sessionsOf(db)).every(({ state }) => state === "idle")).toBe(true);
});

test("savepoints at once follow one another, and one that fails leaves the outer transaction alive", async () => {
  const db = await openDatabase();
  await db.rawExec("create table sv (id text unique)");
  const outcomes = await db.transaction(async (tx) => {
    const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    const first = tx.transaction(async (inner) => {
      await inner.rawExec("insert into sv values ('rolled back')");
      await pause(30);
      throw new Error("first fails");
    });
    const second = tx.transaction(async (inner) => {
      await inner.rawExec("insert into sv values ('kept')");
      await pause(30);
    });
    const settled = await Promise.allSettled([first, second]);
    // A statement fails inside and is caught there: the savepoint cannot be released.
    const failed = await tx
      .transaction((inner) => inner.rawExec("insert into sv values ('kept')").catch(() => 0))
      .catch((error: { code: string }) => error.code);
    await tx.rawExec("insert into sv values ('after')");
    const itself = await tx.transaction(() => tx.transaction(async () => 1)).catch((error: { code: string }) => error.code);
    const held = await tx.begin();
    const refused = await tx.begin().catch((error: { code: string }) => error.code);
    await held.rollback();
    return [...settled.map(({ status }) => status), failed, itself, refused];
  });
  expect(outcomes).toEqual(["rejected", "fulfilled", "25P02", "invalid_parameter", "invalid_parameter"]);
  expect(await db.rawQueryAll("select id from sv order by id")).toEqual([{ id: "after" }, { id: "kept" }]);
}); // prettier-ignore
