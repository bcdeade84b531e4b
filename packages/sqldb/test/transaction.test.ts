import { beforeAll, beforeEach, expect, test } from "vitest";
import type { SQLDatabase, SQLError, Transaction } from "../dist/index.js";
import { openDatabase, sessionsOf, until } from "./test-database.ts";

let db: SQLDatabase;

beforeAll(async () => {
  db = await openDatabase({ maxConnections: 4 });
  await db.rawExec("create table account (id int primary key, balance int not null)");
});

beforeEach(async () => {
  await db.rawExec("truncate account; insert into account values (1, 100), (2, 100)");
});

const balances = async () =>
  (await db.queryAll<{ balance: number }>`select balance from account order by id`).map((row) => row.balance);

const noneIsOpen = () => until(async () => (await sessionsOf(db)).every(({ state }) => state === "idle"));

test("a committed transaction is kept, a rolled back one is not", async () => {
  const kept = await db.begin();
  await kept.exec`update account set balance = 1 where id = 1`;
  expect(await balances()).toEqual([100, 100]);
  await kept.commit();
  expect(await balances()).toEqual([1, 100]);
  const dropped = await db.begin();
  await dropped.exec`update account set balance = 2`;
  await dropped.rollback();
  expect(await balances()).toEqual([1, 100]);
  await expect(dropped.exec`select 1`).rejects.toMatchObject({ code: "closed" });
  await expect(kept.commit()).rejects.toMatchObject({ code: "closed" });
});

test("S26: a transaction that is disposed of without an end is rolled back", async () => {
  const forgotten = await db.begin();
  await forgotten.exec`delete from account`;
  await forgotten[Symbol.asyncDispose]();
  expect(await balances()).toEqual([100, 100]);
  await noneIsOpen();
});

test("transaction() commits when its work resolves and rolls back when it throws", async () => {
  expect(await db.transaction(async (tx) => (await tx.exec`update account set balance = 5`, "done"))).toBe(
    "done",
  );
  expect(await balances()).toEqual([5, 5]);
  const failing = db.transaction(async (tx) => {
    await tx.exec`delete from account`;
    throw new Error("mine");
  });
  await expect(failing).rejects.toThrow("mine");
  expect(await balances()).toEqual([5, 5]);
});

test("the commit of a failed transaction is an error, not a silent rollback", async () => {
  const tx = await db.begin();
  await tx.exec`update account set balance = 9`;
  await expect(tx.exec`insert into account values (1, 1)`).rejects.toMatchObject({ code: "23505" });
  await expect(tx.queryRow`select 1`).rejects.toMatchObject({ code: "25P02" });
  await expect(tx.commit()).rejects.toMatchObject({ code: "transaction_aborted" });
  expect(await balances()).toEqual([100, 100]);
});

test("savepoints nest: an inner failure leaves the outer work alone", async () => {
  await db.transaction(async (tx) => {
    await tx.exec`update account set balance = 1 where id = 1`;
    const inner = tx.transaction(async (savepoint) => {
      await savepoint.exec`update account set balance = 7 where id = 2`;
      await savepoint.exec`insert into account values (1, 0)`;
    });
    await expect(inner).rejects.toMatchObject({ code: "23505" });
    await tx.transaction(async (savepoint) => {
      await savepoint.exec`update account set balance = 3 where id = 2`;
      await savepoint.transaction(
        async (deeper) => void (await deeper.exec`insert into account values (3, 3)`),
      );
    });
  });
  expect(await balances()).toEqual([1, 3, 3]);
});

test("statements of a transaction run in the order of their calls", async () => {
  await db.transaction(async (tx) => {
    await Promise.all([1, 2, 3, 4, 5].map((n) => tx.exec`update account set balance = balance * 10 + ${n}`));
  });
  expect(await balances()).toEqual([10_012_345, 10_012_345]);
});

test("isolation and read only are what was asked for", async () => {
  const options = { isolation: "serializable", readOnly: true } as const;
  await db.transaction(async (tx) => {
    expect(await tx.queryRow`select current_setting('transaction_isolation') as level`).toEqual({ level: "serializable" });
    await expect(tx.exec`delete from account`).rejects.toMatchObject({ code: "25006" });
  }, options).catch((error: SQLError) => expect(error.code).toBe("transaction_aborted")); // prettier-ignore
  await expect(db.begin({ isolation: "serializable; drop table account" as never })).rejects.toMatchObject({
    code: "invalid_parameter",
  });
});

test("a serialization failure is retried from the start", async () => {
  let runs = 0;
  const move = async (tx: Transaction) => {
    runs++;
    const row = await tx.queryRow<{ sum: string }>`select sum(balance) as sum from account`;
    await new Promise((resolve) => setTimeout(resolve, 50));
    await tx.exec`insert into account values (${10 + runs}, ${Number(row!.sum)})`;
  };
  await Promise.all([1, 2].map(() => db.transaction(move, { isolation: "serializable", retries: 5 })));
  expect(runs).toBeGreaterThan(2);
  expect(await balances()).toEqual([100, 100, 200, 400]);
});

test("a deadlock is retried, and without retries it is told", async () => {
  const touch = (first: number, second: number, retries: number) =>
    db.transaction(
      async (tx) => {
        await tx.exec`update account set balance = balance + 1 where id = ${first}`;
        await new Promise((resolve) => setTimeout(resolve, 100));
        await tx.exec`update account set balance = balance + 1 where id = ${second}`;
      },
      { retries },
    );
  await Promise.all([touch(1, 2, 3), touch(2, 1, 3)]);
  expect(await balances()).toEqual([102, 102]);
  const codes = (await Promise.allSettled([touch(1, 2, 0), touch(2, 1, 0)])).map((one) =>
    one.status === "rejected" ? one.reason.code : "fine",
  );
  expect(codes.sort()).toEqual(["40P01", "fine"]);
}, 15_000);

test("no borrower ever meets another's transaction or setting", async () => {
  await expect(db.exec`begin`).rejects.toMatchObject({ code: "invalid_parameter" });
  await db.rawExec("begin; insert into account values (9, 9)");
  const raw = await db.acquire();
  await raw.rawExec("begin");
  await raw.exec`delete from account`;
  await raw.rawExec("set search_path to nowhere");
  await raw.close();
  await db.exec`set timezone to 'Asia/Tokyo'`;
  await db.queryRow`select pg_advisory_lock(7)`;
  const seen = await Promise.all(
    Array.from(
      { length: 12 },
      () =>
        db.queryRow`select current_setting('search_path') as path, current_setting('timezone') as zone,
        (select count(*)::int from account) as n, pg_sleep(0.01)::text`,
    ),
  );
  for (const row of seen) expect(row).toMatchObject({ path: '"$user", public', n: 2 });
  await noneIsOpen();
  expect(new Set(seen.map((row) => row!.zone))).not.toContain("Asia/Tokyo");
  expect(
    await db.queryRow`select count(*)::int as n from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`,
  ).toEqual({ n: 0 });
});

test("a transaction that lies idle too long is rolled back", async () => {
  const short = await openDatabase(
    { transactionIdleTimeout: 200 },
    new URL(db.connectionString).pathname.slice(1),
  );
  const tx = await short.begin();
  await tx.exec`delete from account`;
  await until(async () => (await sessionsOf(short)).every(({ state }) => state !== "idle in transaction"));
  await expect(tx.exec`select 1`).rejects.toMatchObject({ code: "closed" });
  expect(await balances()).toEqual([100, 100]);
});

test("a stream inside a transaction lets other statements run beside it", async () => {
  await db.transaction(async (tx) => {
    let seen = 0;
    for await (const { n } of tx.query<{
      n: number;
    }>`select n::int from generate_series(1, ${1500}::int) n`) {
      if (n % 500 === 0) await tx.exec`insert into account values (${n}, ${n})`;
      seen++;
    }
    expect(seen).toBe(1500);
    for await (const row of tx.query`insert into account values (77, 77) returning id`)
      expect(row).toEqual({ id: 77 });
    for await (const _ of tx.query`select n from generate_series(1, 5000) n`) break;
    expect(
      await tx.queryRow`select count(*)::int as open from pg_cursors where name like 'twinloop%'`,
    ).toEqual({ open: 0 });
  });
  expect(await balances()).toEqual([100, 100, 77, 500, 1000, 1500]);
});
