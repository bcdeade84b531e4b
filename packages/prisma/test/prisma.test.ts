import type { SqlDriverAdapterFactory } from "@prisma/client/runtime/client";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { SQLDatabase } from "@twinloop/sqldb";
import { prismaAdapter } from "../dist/index.js";
import { openDatabase, server, sessionsOf, until } from "../../sqldb/test/test-database.ts";
import { PrismaClient } from "./fixtures/prisma-client.ts";

let db: SQLDatabase;
// oxlint-disable-next-line typescript/no-explicit-any -- its types would be generated.
let prisma: any;

beforeAll(async () => {
  db = await openDatabase({ maxConnections: 4, acquireTimeout: 500 });
  await db.rawExec(`
    create table link (id serial primary key, url text not null unique, clicks int not null default 0);
    create type "Color" as enum ('red', 'green');
    create table kind (id int primary key, big int8 not null, exact numeric not null, ratio float8 not null,
      flag bool not null, at timestamptz(6) not null, local timestamp(3) not null, day date not null, time time(3) not null,
      data jsonb not null, bytes bytea not null, tags text[], counts int8[], times timestamp(3)[], blobs bytea[],
      key uuid not null, none text,
      color "Color" not null, colors "Color"[])`);
  prisma = new PrismaClient({ adapter: prismaAdapter(db) });
});

beforeEach(async () => {
  await db.rawExec("truncate link restart identity; truncate kind");
});

afterAll(async () => {
  await prisma.$disconnect();
  await db.close();
});

const clicks = async () => (await db.queryAll`select clicks from link order by id`).map((row) => row.clicks);
const nobodyIsLeft = () =>
  until(
    async () =>
      (await db.poolCounts()).used === 0 && (await sessionsOf(db)).every(({ state }) => state === "idle"),
  );
const query = (sql: string, ...args: unknown[]) => ({
  sql,
  args,
  argTypes: args.map(() => ({ scalarType: "unknown" as const, arity: "scalar" as const })),
});

test("the factory has the shape that Prisma declares", () => {
  const factory: SqlDriverAdapterFactory = prismaAdapter(db);
  expect(factory).toMatchObject({ provider: "postgres", adapterName: "@twinloop/sqldb" });
});

test("Prisma's client reads and writes over the pool", async () => {
  const one = await prisma.link.create({ data: { url: "https://a.example", clicks: 1 } });
  expect(one).toEqual({ id: 1, url: "https://a.example", clicks: 1 });
  expect(await prisma.link.createMany({ data: [{ url: "b" }, { url: "c", clicks: 7 }] })).toEqual({
    count: 2,
  });
  await prisma.link.update({ where: { id: 2 }, data: { clicks: { increment: 3 } } });
  expect(await prisma.link.findMany({ where: { clicks: { gt: 2 } }, orderBy: { id: "asc" } })).toEqual([
    { id: 2, url: "b", clicks: 3 },
    { id: 3, url: "c", clicks: 7 },
  ]);
  expect(await prisma.link.aggregate({ _sum: { clicks: true } })).toEqual({ _sum: { clicks: 11 } });
  expect(await prisma.$executeRaw`update link set clicks = ${5} where id in (1, 2)`).toBe(2);
  expect(await prisma.$queryRaw`select count(*) as n from link where clicks = ${5}`).toEqual([{ n: 2n }]);
  await nobodyIsLeft();
});

test("values of all kinds come back as they went", async () => {
  const kind = {
    id: 1,
    big: 9007199254740993n,
    exact: "12345678901234567890.123456789",
    ratio: 0.1,
    flag: true,
    at: new Date("2024-02-29T12:34:56.789Z"),
    local: new Date("1969-12-31T23:59:59.999Z"),
    day: new Date("2024-02-29T00:00:00.000Z"),
    time: new Date("1970-01-01T23:59:58.997Z"),
    data: { a: [1, null, "ü"], b: { c: true } },
    bytes: new Uint8Array([0, 255, 10]),
    tags: ["plain", 'a "quoted", {braced}', "NULL", "back\\slash", ""],
    counts: [1n, -9007199254740993n],
    times: [new Date("2024-02-29T12:34:56.789Z")],
    blobs: [new Uint8Array([1]), new Uint8Array([])],
    key: "5f0c7a52-8a0e-4b0b-9f67-1b6c8d0b1f11",
    none: null,
    color: "green",
    colors: ["red", "green"],
  };
  await prisma.kind.create({ data: kind });
  const found = await prisma.kind.findFirst();
  expect({ ...found, exact: found.exact.toFixed() }).toEqual(kind);
  await db.rawExec(
    `alter database ${new URL(db.connectionString).pathname.slice(1)} set timezone = 'Asia/Kolkata'`,
  );
  const elsewhere = await openDatabase({}, new URL(db.connectionString).pathname.slice(1));
  const other = new PrismaClient({ adapter: prismaAdapter(elsewhere) });
  expect(await other.kind.findFirst({ where: { at: kind.at } })).toMatchObject({
    at: kind.at,
    local: kind.local,
  });
  await elsewhere.close();
});

test("transactions commit, roll back and nest", async () => {
  await prisma.link.create({ data: { url: "a" } });
  await prisma.$transaction([
    prisma.link.update({ where: { id: 1 }, data: { clicks: 1 } }),
    prisma.link.create({ data: { url: "b", clicks: 2 } }),
  ]);
  const interactive = prisma.$transaction(
    // oxlint-disable-next-line typescript/no-explicit-any -- its types would be generated.
    async (tx: any) => {
      await tx.link.updateMany({ data: { clicks: 99 } });
      expect(await tx.$queryRaw`show transaction_isolation`).toEqual([
        { transaction_isolation: "serializable" },
      ]);
      throw new Error("mine");
    },
    { isolationLevel: "Serializable" },
  );
  await expect(interactive).rejects.toThrow("mine");
  expect(await clicks()).toEqual([1, 2]);
  const batch = prisma.$transaction([
    prisma.link.updateMany({ data: { clicks: 50 } }),
    prisma.link.create({ data: { url: "a" } }),
  ]);
  await expect(batch).rejects.toMatchObject({ code: "P2002" });
  expect(await clicks()).toEqual([1, 2]);
  await nobodyIsLeft();
});

test("a savepoint is rolled back by itself", async () => {
  const adapter = await prismaAdapter(db).connect();
  const tx = await adapter.startTransaction();
  await tx.executeRaw(query("insert into link (url, clicks) values ($1, 1)", "kept"));
  await tx.createSavepoint('odd"name');
  await tx.executeRaw(query("update link set clicks = 9"));
  await tx.rollbackToSavepoint('odd"name');
  await tx.releaseSavepoint('odd"name');
  await tx.executeRaw(query("commit"));
  await tx.commit();
  expect(await clicks()).toEqual([1]);
  await nobodyIsLeft();
});

test("a transaction that was only told to roll back leaves nothing behind", async () => {
  const adapter = await prismaAdapter(db).connect();
  const tx = await adapter.startTransaction("REPEATABLE READ");
  await tx.executeRaw(query("insert into link (url) values ('gone')"));
  await tx.rollback();
  await nobodyIsLeft();
  expect(await clicks()).toEqual([]);
  await expect(adapter.startTransaction("SNAPSHOT")).rejects.toMatchObject({
    cause: { kind: "InvalidIsolationLevel" },
  });
});

test("columns have Prisma's types", async () => {
  const adapter = await prismaAdapter(db, { schema: "public" }).connect();
  const { columnNames, columnTypes, rows } = await adapter.queryRaw(
    query(`select 1::int2 as a, 2::int8 as b, 1.50::numeric as c, '$1,234.50'::money as d, 'x'::char(2) as e,
      '03:04:05+02'::timetz as f, '{"a":1}'::json as g, '{{1,NULL},{2,3}}'::int4[] as h, '1 day'::interval as i,
      '[0:1]={t,f}'::bool[] as j, 'NaN'::float8 as k`),
  );
  expect(columnNames.join("")).toBe("abcdefghijk");
  expect(columnTypes).toEqual([0, 1, 4, 4, 7, 9, 11, 64, 7, 69, 3]);
  expect(rows).toEqual([
    [1, "2", "1.50", "1234.50", "x ", "03:04:05", '{"a":1}', [[1, null], [2, 3]], "1 day", [true, false], NaN],
  ]); // prettier-ignore
  expect(adapter.getConnectionInfo()).toEqual({ schemaName: "public", supportsRelationJoins: true });
  await adapter.executeScript(
    "create table script (a text); insert into script values ('a;b'); drop table script",
  );
  expect(await adapter.executeRaw(query("insert into link (url) values ('a'), ('b')"))).toBe(2);
});

test("failures arrive as Prisma's codes", async () => {
  await prisma.link.create({ data: { url: "a" } });
  await expect(prisma.link.create({ data: { url: "a" } })).rejects.toMatchObject({ code: "P2002" });
  await expect(prisma.link.update({ where: { id: 77 }, data: { clicks: 1 } })).rejects.toMatchObject({
    code: "P2025",
  });
  await expect(prisma.$queryRaw`select * from nothing`).rejects.toMatchObject({ code: "P2010" });
});

test("each failure has its kind", async () => {
  const adapter = await prismaAdapter(db).connect();
  const kindOf = (sql: string, ...args: unknown[]) =>
    adapter.executeRaw(query(sql, ...args)).then(
      () => "none",
      (error) => error.cause.kind,
    );
  await db.rawExec(
    "create table if not exists child (link int not null references link, small int2, word varchar(2))",
  );
  expect(await kindOf("insert into child (link) values (1)")).toBe("ForeignKeyConstraintViolation");
  expect(await kindOf("insert into child (link) values (null)")).toBe("NullConstraintViolation");
  expect(await kindOf("insert into child (word) values ('long')")).toBe("LengthMismatch");
  expect(await kindOf("select 100000::int4::int2")).toBe("ValueOutOfRange");
  expect(await kindOf("select * from nowhere")).toBe("TableDoesNotExist");
  expect(await kindOf("select nothing from link")).toBe("ColumnNotFound");
  expect(await kindOf("selec 1")).toBe("postgres");
  expect(await kindOf("do $$ begin raise sqlstate '40001'; end $$")).toBe("TransactionWriteConflict");
  const held = await Promise.all(Array.from({ length: 4 }, () => db.begin()));
  expect(await kindOf("select 1")).toBe("TooManyConnections");
  for (const tx of held) await tx.rollback();
  const sleeping = kindOf("select pg_sleep(5)");
  const [victim] = await until(async () => {
    const found = (await sessionsOf(db)).filter((session) => session.query.includes("pg_sleep"));
    return found.length > 0 && found;
  });
  await server().exec`select pg_terminate_backend(${victim!.pid})`;
  expect(await sleeping).toBe("ConnectionClosed");
});
