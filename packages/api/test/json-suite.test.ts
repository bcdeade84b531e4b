import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { api, start, stop } from "../dist/index.js";
import { everyPolicy } from "./every-policy.ts";

interface Repeated {
  readonly file: string;
  readonly piece: string;
  readonly times: number;
  readonly end: string;
}

interface Verdicts {
  /** Files that repeat one piece, and are not kept. */
  readonly repeated: readonly Repeated[];
  /** Of the files that may go either way, those that are accepted. */
  readonly accepted: readonly string[];
}

const SUITE = new URL("../../../contract/cases/json-suite/", import.meta.url);
const verdicts = JSON.parse(readFileSync(new URL("verdicts.json", SUITE), "utf8")) as Verdicts;
const kept = readdirSync(new URL("test_parsing/", SUITE)).map((file) => {
  return { file, bytes: readFileSync(new URL(`test_parsing/${encodeURIComponent(file)}`, SUITE)) };
});
const made = verdicts.repeated.map(({ file, piece, times, end }) => {
  return { file, bytes: Buffer.from(piece.repeat(times) + end) };
});

const seen: unknown[] = [];
let url = "";

beforeAll(async () => {
  api({ expose: true, path: "/value", request: z.unknown() }, (value) => seen.push(value));
  url = (await start({ port: 0, signals: false, banner: false, ...everyPolicy() })).url!;
});

afterAll(() => stop());

/** What a handler is to see of a body; nothing when it must not run. */
function expected(file: string, bytes: Buffer): unknown[] {
  const accepted = file.startsWith("y_") || verdicts.accepted.includes(file);
  return accepted ? [JSON.parse(bytes.toString("utf8"))] : [];
}

test("every file of the suite is answered as its name asks for, and the handler sees what JSON.parse reads", async () => {
  const wrong: unknown[] = [];
  for (const { file, bytes } of [...kept, ...made]) {
    seen.length = 0;
    const response = await fetch(`${url}/value`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: new Uint8Array(bytes),
    });
    const answer = await response.text();
    const values = expected(file, bytes);
    const status = values.length === 1 ? 200 : 400;
    if (response.status !== status) wrong.push({ file, status: response.status, answer });
    if (status === 400) expect(JSON.parse(answer)).toMatchObject({ code: "invalid_argument" });
    expect(seen, file).toStrictEqual(values);
  }
  expect(wrong).toEqual([]);
  expect(kept.length + made.length).toBe(318);
});
