import { drizzle } from "drizzle-orm/node-postgres";
import { integer, pgTable, serial, text, timestamp, jsonb } from "drizzle-orm/pg-core";
import { eq } from "drizzle-orm";
import { Kysely, PostgresDialect, type Generated } from "kysely";
import knex from "knex";
// @ts-expect-error The dialect's class has no types of its own.
import PostgresClient from "knex/lib/dialects/postgres/index.js";
import { Pool } from "pg";
import { beforeAll, beforeEach, expect, test } from "vitest";
import type { PoolClient, SQLDatabase } from "../dist/index.js";
import { openDatabase, sessionsOf, until } from "./test-database.ts";

let db: SQLDatabase;

beforeAll(async () => {
  db = await openDatabase();
  await db.rawExec(`create table person (
    id serial primary key, name text not null unique, age int not null, born timestamptz, extra jsonb)`);
});

beforeEach(async () => {
  await db.rawExec("truncate person restart identity");
});

const born = new Date("1990-01-02T03:04:05.678Z");
const nobodyIsLeft = () =>
  until(
    async () =>
      (await db.poolCounts()).used === 0 && (await sessionsOf(db)).every(({ state }) => state === "idle"),
  );

test("Drizzle runs over the pool, transactions and rollback included", async () => {
  const person = pgTable("person", {
    id: serial().primaryKey(),
    name: text().notNull(),
    age: integer().notNull(),
    born: timestamp({ withTimezone: true }),
    extra: jsonb(),
  });
  const orm = drizzle({ client: db.pool() as never });
  const [ada] = await orm
    .insert(person)
    .values({ name: "Ada", age: 36, born, extra: { a: [1] } })
    .returning();
  expect(ada).toEqual({ id: 1, name: "Ada", age: 36, born, extra: { a: [1] } });
  await orm.transaction(async (tx) => {
    await tx.insert(person).values({ name: "Bob", age: 1 });
    await expect(
      tx.transaction(async (inner) => {
        await inner.update(person).set({ age: 99 });
        inner.rollback();
      }),
    ).rejects.toThrow();
  });
  const rolledBack = orm.transaction(async (tx) => {
    await tx.delete(person);
    tx.rollback();
  });
  await expect(rolledBack).rejects.toThrow();
  expect(
    await orm.select({ name: person.name, age: person.age }).from(person).where(eq(person.name, "Bob")),
  ).toEqual([{ name: "Bob", age: 1 }]);
  await nobodyIsLeft();
});

test("Kysely runs over the pool, transactions and rollback included", async () => {
  interface Person {
    id: Generated<number>;
    name: string;
    age: number;
    born: Date | null;
    extra: unknown;
  }
  const orm = new Kysely<{ person: Person }>({ dialect: new PostgresDialect({ pool: db.pool() as never }) });
  const insert = orm
    .insertInto("person")
    .values({ name: "Ada", age: 36, born, extra: JSON.stringify({ a: 1 }) });
  expect(await insert.returningAll().executeTakeFirst()).toEqual({
    id: 1,
    name: "Ada",
    age: 36,
    born,
    extra: { a: 1 },
  });
  await orm.transaction().execute((tx) => tx.updateTable("person").set({ age: 40 }).execute());
  const rolledBack = orm
    .transaction()
    .setIsolationLevel("serializable")
    .execute(async (tx) => {
      await tx.deleteFrom("person").execute();
      throw new Error("mine");
    });
  await expect(rolledBack).rejects.toThrow("mine");
  const result = await orm
    .updateTable("person")
    .set({ age: 41 })
    .where("name", "=", "Ada")
    .executeTakeFirst();
  expect(result.numUpdatedRows).toBe(1n);
  expect(await orm.selectFrom("person").select(["name", "age"]).execute()).toEqual([
    { name: "Ada", age: 41 },
  ]);
  await orm.destroy();
  await nobodyIsLeft();
});

test("Knex runs over the pool, transactions and rollback included", async () => {
  const pool = db.pool();
  class TwinloopClient extends PostgresClient {
    _driver() {
      return {};
    }
    acquireRawConnection() {
      return pool.connect();
    }
    destroyRawConnection(client: PoolClient) {
      return client.end();
    }
    checkVersion() {
      return Promise.resolve("15");
    }
  }
  const orm = knex({ client: TwinloopClient as never, connection: {}, pool: { min: 0, max: 3 } });
  expect(await orm("person").insert({ name: "Ada", age: 36, born }).returning("*")).toEqual([
    { id: 1, name: "Ada", age: 36, born, extra: null },
  ]);
  await orm.transaction((tx) => tx("person").insert({ name: "Bob", age: 1 }));
  const rolledBack = orm.transaction(async (tx) => {
    await tx("person").del();
    throw new Error("mine");
  });
  await expect(rolledBack).rejects.toThrow("mine");
  expect(await orm("person").where({ name: "Bob" }).update({ age: 2 })).toBe(1);
  expect(await orm("person").select("name", "age").orderBy("id")).toEqual([
    { name: "Ada", age: 36 },
    { name: "Bob", age: 2 },
  ]);
  await orm.destroy();
  await nobodyIsLeft();
});

test("the pool answers as node-postgres does", async () => {
  const pool = db.pool();
  const theirs = new Pool({ connectionString: db.connectionString, max: 1 });
  const asks = [
    { text: "select 1 as a, 'x' as b, null as c, true as d, 1.5::float8 as e, '{1,2}'::int[] as f" },
    { text: "select $1::int as n, $2::text as t", values: [1, "x"], rowMode: "array" as const },
    { text: "insert into person (name, age) values ('Z', 1), ('Y', 2)" },
    { text: "-- a comment\n update person set age = 3" },
    {
      text: "select 9007199254740993::int8 as big, 1.10::numeric as num, '\\x01'::bytea as bytes, '{\"a\":1}'::jsonb as doc",
    },
  ];
  for (const ask of asks) {
    const [one, other] = [
      await pool.query(ask),
      (await db.rawExec("truncate person"), await theirs.query(ask)),
    ];
    await db.rawExec("truncate person; insert into person (name, age) values ('A', 1), ('B', 1)");
    if (!ask.text.includes("person"))
      expect({ rows: one.rows, count: one.rowCount }).toEqual({ rows: other.rows, count: other.rowCount });
    expect(one.command).toBe(other.command);
    expect(one.fields.map(({ name, dataTypeID }) => [name, dataTypeID])).toEqual(
      other.fields.map(({ name, dataTypeID }) => [name, dataTypeID]),
    );
  }
  const [mine, error] = await Promise.all(
    [pool, theirs].map((any) =>
      (any as Pool).query("insert into person (name, age) values ('A', 1)").catch((e) => e),
    ),
  );
  for (const field of ["code", "severity", "detail", "schema", "table", "constraint", "routine"]) {
    expect(mine[field]).toBe(error[field]);
  }
  await theirs.end();
  await new Promise<void>((resolve) => pool.query("select $1::int as n", [7], (_, result) => {
    expect(result!.rows).toEqual([{ n: 7 }]);
    resolve();
  })); // prettier-ignore
});

test("a client that is released in a transaction leaves nothing behind", async () => {
  const client = await db.pool().connect();
  await client.query("BEGIN");
  await client.query("insert into person (name, age) values ('left', 1)");
  client.release();
  await nobodyIsLeft();
  expect(await db.queryRow`select count(*)::int as n from person`).toEqual({ n: 0 });
});
