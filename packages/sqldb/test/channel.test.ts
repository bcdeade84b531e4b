import { Readable } from "node:stream";
import { beforeAll, expect, test } from "vitest";
import type { SQLDatabase } from "../dist/index.js";
import { openDatabase, server, sessionsOf, until } from "./test-database.ts";

let db: SQLDatabase;

beforeAll(async () => {
  db = await openDatabase();
  await db.rawExec("create table line (id int primary key, text text)");
});

test("listeners hear what is sent after they listen, each its own channel", async () => {
  await using one = await db.listen("news");
  await using other = await db.listen('odd "channel"');
  await db.exec`select pg_notify('news', ${"first é"}), pg_notify('other', 'x'), pg_notify('odd "channel"', 'second')`;
  expect((await one.next()).value).toMatchObject({ channel: "news", payload: "first é" });
  expect((await other.next()).value).toMatchObject({ payload: "second" });
});

test("a listener survives the loss of its connection and says that there is a gap", async () => {
  let gaps = 0;
  const subscription = await db.listen("lost", { onGap: () => gaps++ });
  const next = subscription.next();
  // One that is still at it hears nothing yet.
  const listens = ({ query, state }: { query: string; state: string }): boolean =>
    query.includes("listen ") && state === "idle";
  const listeners = async () => (await sessionsOf(db)).filter(listens);
  const [first] = await until(async () => (await listeners()).length > 0 && listeners());
  await server().exec`select pg_terminate_backend(${first!.pid})`;
  await until(async () => (await listeners()).some(({ pid }) => pid !== first!.pid));
  await db.exec`select pg_notify('lost', 'found')`;
  expect((await next).value).toMatchObject({ payload: "found" });
  expect(gaps).toBe(1);
  await subscription.close();
  expect(await subscription.next()).toEqual({ done: true, value: undefined });
});

test("closing ends a read that waits", async () => {
  const subscription = await db.listen("quiet");
  const next = subscription.next();
  await subscription.close();
  expect(await next).toEqual({ done: true, value: undefined });
});

test("COPY in takes pieces cut anywhere, and COPY out gives the rows back", async () => {
  const text = Array.from({ length: 20_000 }, (_, id) => `${id}\tline ${id} é\n`).join("");
  const bytes = Buffer.from(text);
  const pieces = Array.from({ length: Math.ceil(bytes.length / 997) }, (_, at) =>
    bytes.subarray(at * 997, (at + 1) * 997),
  );
  expect(await db.copyIn("copy line from stdin", Readable.from(pieces))).toBe(20_000);
  expect(await db.queryRow`select count(*)::int as n, max(text) as last from line`).toEqual({
    n: 20_000,
    last: "line 9999 é",
  });
  const out: Buffer[] = [];
  for await (const piece of db.copyOut("copy (select * from line order by id) to stdout")) out.push(piece);
  expect(Buffer.concat(out).equals(bytes)).toBe(true);
});

test("a COPY that fails on either side keeps nothing", async () => {
  await db.rawExec("truncate line");
  const broken = async function* () {
    yield "1\tone\n";
    throw new Error("the source broke");
  };
  await expect(db.copyIn("copy line from stdin", broken())).rejects.toThrow("the source broke");
  await expect(db.copyIn("copy line from stdin", ["1\tone\n", "x\ttwo\n"])).rejects.toMatchObject({
    code: "22P02",
  });
  await expect(db.copyIn("copy nowhere from stdin", [])).rejects.toMatchObject({ code: "42P01" });
  expect(await db.queryRow`select count(*)::int as n from line`).toEqual({ n: 0 });
  for await (const _ of db.copyOut("copy (select * from generate_series(1, 1000000)) to stdout")) break;
  await until(async () => (await db.poolCounts()).used === 0);
});

test("COPY inside a connection is part of its transaction", async () => {
  await using connection = await db.acquire();
  await connection.rawExec("begin");
  expect(await connection.copyIn("copy line from stdin", ["5\tfive\n"])).toBe(1);
  expect(await connection.queryRow`select text from line`).toEqual({ text: "five" });
  await connection.rawExec("rollback");
  expect(await db.queryAll`select * from line`).toEqual([]);
});
