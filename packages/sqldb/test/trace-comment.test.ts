import { currentRequest } from "@twinloop/core-native";
import { Work } from "@twinloop/core-native/internal";
import { expect, test } from "vitest";
import type { SQLDatabase } from "../dist/index.js";
import { openDatabase } from "./test-database.ts";

/** The text of the statement that asks, as the server has it. */
const ASK = "select query from pg_stat_activity where pid = pg_backend_pid()";

/** Runs `work` as a part of an operation, and gives the comment of its trace beside. */
async function traced<R>(work: () => Promise<R>): Promise<{ result: R; comment: string }> {
  const operation = new Work(1);
  const run = async (): Promise<{ result: R; comment: string }> => ({
    result: await work(),
    comment: `\n/*traceparent='${currentRequest()!.trace.traceparent}'*/`,
  });
  try {
    return await Work.run(operation, run, undefined);
  } finally {
    Work.end(operation);
  }
}

const roads: Readonly<Record<string, (db: SQLDatabase) => Promise<unknown>>> = {
  queryAll: async (db) => (await db.rawQueryAll(ASK))[0]!.query,
  "a template": async (db) =>
    (await db.queryRow`select query from pg_stat_activity where pid = pg_backend_pid() and ${1}::int = 1`)!
      .query,
  "a stream": async (db) => {
    for await (const row of db.rawQuery(ASK)) return row.query;
  },
  "a stream in a transaction": (db) =>
    db.transaction(async (tx) => {
      for await (const row of tx.rawQuery(ASK)) return row.query;
    }),
  "pool().query": async (db) => (await db.pool().query(ASK)).rows[0].query,
  "a client of the pool": async (db) => {
    const client = await db.pool().connect();
    const { rows } = await client.query(ASK);
    client.release();
    return rows[0].query;
  },
  "a transaction": (db) => db.transaction(async (tx) => (await tx.rawQueryRow(ASK))!.query),
  "several statements": async (db) =>
    (await db.rawQueryAll(`select 1; ${ASK}`, { multi: true }))[1]![0]!.query,
  "a statement that ends in a comment": async (db) => (await db.rawQueryRow(`${ASK} -- mine`))!.query,
  "a statement that ends in a semicolon": async (db) => (await db.rawQueryRow(`${ASK};`))!.query,
  exec: async (db) => {
    await db.rawExec("create table seen (query text)");
    await db.rawExec(`insert into seen ${ASK}`);
    return (await db.rawQueryRow("select query from seen"))!.query;
  },
  copyOut: async (db) => {
    let text = "";
    for await (const piece of db.copyOut(`copy (${ASK}) to stdout`)) text += String(piece);
    return text.replaceAll("\\n", "\n").trimEnd();
  },
};

test.each(Object.entries(roads))(
  "%s of a traced operation names its trace in the server",
  async (_, road) => {
    const db = await openDatabase({ traceComments: true, maxConnections: 1 });
    const { result, comment } = await traced(() => road(db));
    expect(result).toMatch(/traceparent='00-[0-9a-f]{32}-[0-9a-f]{16}-01'/);
    expect(String(result).endsWith(comment)).toBe(true);
  },
);

test("statements outside of an operation, and of databases that do not ask for it, are sent as they are", async () => {
  const asks = await openDatabase({ traceComments: true });
  expect(await asks.rawQueryRow(ASK)).toEqual({ query: ASK });
  const plain = await openDatabase();
  expect((await traced(() => plain.rawQueryRow(ASK))).result).toEqual({ query: ASK });
});

test("a statement that names its trace does not stay prepared", async () => {
  const db = await openDatabase({ traceComments: true, maxConnections: 1 });
  for (let n = 0; n < 20; n++) await traced(() => db.queryAll`select ${n}::int`);
  const prepared = await db.rawQueryAll(
    "select statement from pg_prepared_statements where statement ~ '^select .1::int'",
  );
  expect(prepared).toEqual([]);
});

test("a column that was made another type is read by its new one, traced or not", async () => {
  const db = await openDatabase({ traceComments: true, maxConnections: 1 });
  await db.rawExec("create table moving (n int); insert into moving values (1)");
  const read = () => traced(() => db.rawQueryRow("select n from moving"));
  expect((await read()).result).toEqual({ n: 1 });
  await db.rawExec("alter table moving alter n type text");
  expect((await read()).result).toEqual({ n: "1" });
  expect(await db.rawQueryRow("select n from moving")).toEqual({ n: "1" });
});
