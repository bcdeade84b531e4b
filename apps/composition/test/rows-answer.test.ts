import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { get as request } from "node:http";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { AppProcess } from "../../../packages/api/test/app-process.ts";
import { buildApp } from "../../../packages/api/test/built-app.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 300_000 });

const SERVER = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";
const SOURCE = new URL("fixtures/rows-answer/app.ts", import.meta.url);
const packageOf = (name: string): string =>
  fileURLToPath(new URL(`../../../packages/${name}`, import.meta.url));

let app: AppProcess;
const undone: (() => void)[] = [];

beforeAll(async () => {
  const packages = ["api", "core-native", "sqldb"].map(packageOf);
  const built = await buildApp(readFileSync(SOURCE, "utf8"), (undo) => void undone.push(undo), packages);
  app = await built.run({ DATABASE_URL: SERVER });
  if (app.url === "") throw new Error(app.output());
});

afterAll(() => undone.reverse().forEach((undo) => undo()));

const at = (seconds: number): string => new Date(Date.UTC(2024, 0, 1, 0, 0, seconds)).toISOString();
const item = (id: number): object => ({ id, name: `item ${id}`, at: at(id) });

async function read<T>(path: string): Promise<T> {
  const response = await fetch(app.url + path);
  return (await response.json()) as T;
}

/** Each result is gone as soon as its request is over. */
async function expectNothingKept(): Promise<void> {
  await vi.waitFor(async () => expect(await read("/stats")).toEqual({ unopened: 0 }), 10_000);
}

test("a list of rows is the answer itself, without columns that the type does not declare", async () => {
  for (const count of [0, 1, 3, 3, 1000]) {
    const response = await fetch(`${app.url}/plain?count=${count}`);
    const text = await response.text();
    expect(text).toBe(JSON.stringify(Array.from({ length: count }, (_, index) => item(index + 1))));
    expect(response.headers.get("content-length")).toBe(String(text.length));
    expect(response.headers.get("content-type")).toBe("application/json");
  }
  await expectNothingKept();
});

test("rows stand anywhere in an answer, several times", async () => {
  const expected = {
    first: [item(1), item(2)],
    text: "é \u0001 ✓",
    again: [item(1), item(2)],
    deep: { list: [[], [item(1)]] },
    one: { id: 2, name: "item 2", at: at(0) },
    none: null,
  };
  for (let time = 0; time < 3; time++) {
    expect(await (await fetch(`${app.url}/nested`)).text()).toBe(JSON.stringify(expected));
  }
  await expectNothingKept();
});

test("opened rows are answered with what was changed in them", async () => {
  expect(await read("/changed")).toEqual({
    rows: [{ ...item(1), name: "changed" }, item(2)],
    length: 2,
    names: ["changed", "item 2"],
    same: true,
  });
  const { inspected, json } = await read<{ inspected: string; json: string }>("/shown");
  expect(inspected).toMatch(/id: 1,[^]*name: 'item 1',[^]*secret: 'secret',[^]*at: 2024-/);
  expect(JSON.parse(json)).toEqual({
    rows: [{ ...item(1), secret: "secret" }],
    row: { ...item(1), at: at(0) },
  });
});

test("rows of a transaction, and of a text with parameters, are answered after its end", async () => {
  expect(await read("/transaction")).toEqual({ rows: [{ id: 1, name: "a", at: at(0) }] });
  expect(await read("/several")).toEqual({ rows: [{ n: 7 }] });
});

test("rows that outlive their request cannot be opened, and say what to do", async () => {
  expect(await read("/keep")).toEqual({ length: 3 });
  expect(await read("/late")).toEqual({
    code: "closed",
    message: expect.stringMatching(
      /^the rows were not opened before the operation .*call open\(\).*queryAll/,
    ) as string,
    shown: "RowsAnswer(3) [released]",
    length: 3,
  });
  expect((await fetch(`${app.url}/late-answer`)).status).toBe(500);
  await expectNothingKept();
});

test("calls between endpoints and events of a stream get the rows themselves", async () => {
  const row = { id: 1, name: "a", at: at(0) };
  expect(await read("/called")).toEqual({ isArray: true, dates: true, rows: [row] });
  const events = await (await fetch(`${app.url}/events`)).text();
  expect(events).toContain(`data: ${JSON.stringify({ rows: [item(1)] })}\n`);
});

test("a middleware that looks at the payload opens the rows", async () => {
  const response = await fetch(`${app.url}/watched`);
  expect(response.headers.get("x-names")).toBe("item 1,item 2");
  expect(await response.json()).toEqual({ rows: [item(1), item(2)] });
});

test("entity tags and compression see the whole answer", async () => {
  const response = await fetch(`${app.url}/tagged`, { headers: { "accept-encoding": "gzip" } });
  const tag = response.headers.get("etag")!;
  expect(response.headers.get("content-encoding")).toBe("gzip");
  const text = await response.text();
  expect(createHash("sha256").update(text).digest("hex")).toBe(
    createHash("sha256")
      .update(JSON.stringify({ rows: Array.from({ length: 200 }, (_, index) => item(index + 1)) }))
      .digest("hex"),
  );
  const again = await fetch(`${app.url}/tagged`, {
    headers: { "accept-encoding": "gzip", "if-none-match": tag },
  });
  expect(again.status).toBe(304);
});

test("errors are as before, and leave nothing behind", async () => {
  expect((await fetch(`${app.url}/fails`)).status).toBe(500);
  expect((await fetch(`${app.url}/throws`)).status).toBe(500);
  expect((await fetch(`${app.url}/broken`)).status).toBe(500);
  const asked = request(`${app.url}/leaves`);
  asked.on("error", () => undefined);
  asked.on("socket", () => setTimeout(() => asked.destroy(), 50));
  await new Promise((resolve) => asked.on("close", resolve));
  await expectNothingKept();
});

test("what goes beyond the memory of unopened rows is opened at once", async () => {
  expect(await read("/large")).toEqual({ rows: [{ text: "small" }], length: 3 });
  await expectNothingKept();
});
