import { Agent, request } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { native } from "../../core-native/dist/crossing/native.js";
import { api, start, stop } from "../dist/index.js";
import { everyPolicy } from "./every-policy.ts";

let url = "";
let handled = 0;
const agent = new Agent({ keepAlive: true, maxSockets: 50 });

beforeAll(async () => {
  const post = (path: string, schema: z.ZodType): void =>
    void api({ expose: true, path, request: schema }, (input: unknown) => {
      handled++;
      return { input };
    });
  post("/number", z.object({ a: z.number() }));
  post("/any", z.unknown());
  post("/record", z.record(z.string(), z.number()));
  url = (await start({ port: 0, signals: false, banner: false, ...everyPolicy() })).url!;
});

afterAll(async () => {
  agent.destroy();
  await stop();
});

function send(path: string, body: Uint8Array | string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const sent = request(url + path, { method: "POST", agent, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode!, text }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

const bytes = (...values: number[]): Buffer => Buffer.from([0x22, ...values, 0x22]);

/** None of them is what `{ a: number }` takes. */
const BAD: readonly (string | Buffer)[] = [
  "",
  " ",
  "{",
  "}",
  "[",
  "{]",
  "{}",
  "[]",
  "null",
  "7",
  "nul",
  "TRUE",
  '{"a":1,}',
  '{,"a":1}',
  '{"a" 1}',
  '{"a"::1}',
  "{'a':1}",
  "{a:1}",
  '{"a":1}x',
  '{"a":1}{}',
  '{"a":1}\0',
  '{"a":01}',
  '{"a":+1}',
  '{"a":.5}',
  '{"a":1.}',
  '{"a":1e}',
  '{"a":0x10}',
  '{"a":NaN}',
  '{"a":Infinity}',
  '{"a":1e400}',
  '{"a":"1"}',
  '{"a":null}',
  '{"a":1,"a":2}',
  '{"A":1}',
  '{"a":1,"b":nul}',
  '{"a":1,"b":"\t"}',
  '{"a":1,"b":"\\x"}',
  '{"a":1,"b":"\\ud800"}',
  '{"a":1,"b":"\\u12"}',
  '\ufeff{"a":1}',
  '/**/{"a":1}',
  `{"a":1,"b":${"[".repeat(10_000)}`,
  bytes(0xff),
  bytes(0xc0, 0x80),
  bytes(0xed, 0xa0, 0x80),
];
const REQUESTS = 10_000;

test("S1: ten thousand malformed requests of 45 kinds run no JavaScript", async () => {
  expect(new Set(BAD.map(String)).size).toBeGreaterThanOrEqual(40);
  const { drain, settle } = native;
  let crossings = 0;
  native.drain = (...given) => (crossings++, drain(...given));
  native.settle = (...given) => (crossings++, settle(...given));
  const statuses = new Map<number, number>();
  const one = async (index: number): Promise<void> => {
    const { status } = await send("/number", BAD[index % BAD.length]!);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  };
  for (let from = 0; from < REQUESTS; from += 500) {
    await Promise.all(Array.from({ length: 500 }, (_, index) => one(from + index)));
  }
  Object.assign(native, { drain, settle });
  expect([...statuses]).toEqual([[400, REQUESTS]]);
  expect({ crossings, handled }).toEqual({ crossings: 0, handled: 0 });
});

/** A body, and what the handler gets of it; `undefined` where it is refused. */
const VALUES: readonly (readonly [what: string, body: string, value: unknown])[] = [
  ["a duplicate key of no declared type", '{"a":1,"a":2}', { a: 2 }],
  ["1e400", "1e400", undefined],
  ["-1e400", "-1e400", undefined],
  ["a lone surrogate", '"\\ud800"', undefined],
  ["a lone low surrogate", '"\\udc00x"', undefined],
  ["a pair of surrogates", '"\\ud83d\\ude00"', "😀"],
  ["a BOM", "\ufeff{}", undefined],
  ["a NUL", '"\0"', undefined],
  ["an escaped NUL", '"\\u0000"', "\0"],
  ["depth 65", "[".repeat(65) + "]".repeat(65), JSON.parse("[".repeat(65) + "]".repeat(65))],
  ["depth 128", "[".repeat(128) + "]".repeat(128), JSON.parse("[".repeat(128) + "]".repeat(128))],
  ["depth 129", "[".repeat(129) + "]".repeat(129), undefined],
  ["2^53 + 1", "9007199254740993", 9007199254740992],
  ["the largest double", "1.7976931348623157e308", Number.MAX_VALUE],
  ["the smallest double", "5e-324", Number.MIN_VALUE],
  ["minus zero", "-0", -0],
  ["17 digits", "0.1234567890123456789", 0.12345678901234568],
];

test.each(VALUES)("S3: %s is refused or arrives as JSON.parse reads it", async (_what, body, value) => {
  const { status, text } = await send("/any", body);
  expect(status).toBe(value === undefined ? 400 : 200);
  if (value === undefined) return;
  expect((JSON.parse(text) as { input: unknown }).input).toEqual(Object.is(value, -0) ? 0 : value);
});

test("S4: keys that mean something to JavaScript are own properties or refused, and no prototype changes", async () => {
  for (const key of [
    "__proto__",
    "constructor",
    "prototype",
    "toString",
    "0",
    "01",
    "4294967295",
    "-1",
    "",
  ]) {
    const { status, text } = await send("/record", `{${JSON.stringify(key)}:7}`);
    expect([200, 400], key).toContain(status);
    if (status !== 200) continue;
    const { input } = JSON.parse(text) as { input: object };
    expect(Object.getOwnPropertyDescriptor(input, key)?.value, key).toBe(7);
    expect(Object.getPrototypeOf(input), key).toBe(Object.prototype);
  }
  const nested = await send(
    "/any",
    '{"a":{"__proto__":{"polluted":true}},"constructor":{"prototype":{"polluted":1}}}',
  );
  expect([200, 400]).toContain(nested.status);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  expect(Object.keys(Object.prototype)).toEqual([]);
});
