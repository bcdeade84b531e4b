import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AppProcess } from "./app-process.ts";
import { authApp } from "./auth-app.ts";
import { buildApp, type BuiltApp } from "./built-app.ts";
import { exchange, type Exchanged } from "./exchange.ts";

/** One request, and what its sender gets; `contract/cases/api/auth.json` says what each means. */
interface Case {
  readonly name: string;
  readonly method?: string;
  readonly path: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly type?: string;
  readonly send?: string;
  readonly status: number;
  readonly code?: string;
  readonly message?: string;
  readonly body?: unknown;
  readonly text?: string;
  readonly challenge?: string | null;
  readonly ran: number;
}

const contract = new URL("../../../contract/cases/api/auth.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(contract, "utf8")) as { cases: readonly Case[] };

/** `~12` stands for 12 letters, and `\xff` for that byte. */
function written(text: string): Buffer {
  const long = text.replace(/~(\d+)/, (_, count: string) => "x".repeat(Number(count)));
  return Buffer.from(
    long.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number(`0x${hex}`))),
    "latin1",
  );
}

function requestOf({ method = "GET", path, headers = [], type, send }: Case): Buffer {
  const body = send === undefined ? undefined : written(send);
  const lines = [
    `${method} ${path} HTTP/1.1`,
    "host: localhost",
    "connection: close",
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(type === undefined ? [] : [`content-type: ${type}`]),
    ...(body === undefined ? [] : [`content-length: ${body.length}`]),
  ];
  return Buffer.concat([written(`${lines.join("\r\n")}\r\n\r\n`), body ?? Buffer.alloc(0)]);
}

function seen({ body }: Exchanged): { code?: string; message?: string } {
  return JSON.parse(body) as { code?: string; message?: string };
}

describe.each([
  ["one isolate", {}],
  ["workers", { WORKERS: "2" }],
] as const)("%s, built manifest, plain node", (kind, env) => {
  let app: AppProcess;

  beforeAll(async () => {
    app = await (await build()).run(env);
    if (app.url === "") throw new Error(`the app did not start:\n${app.output()}`);
  });

  const ran = async (): Promise<number> => (await (await fetch(`${app.url}/ran`)).json()) as number;

  test.each(cases.map((one) => [one.name, one] as const))("%s", async (_, one) => {
    const before = await ran();
    const answer = await exchange(app.url, requestOf(one));
    expect(answer.status).toBe(one.status);
    if (one.challenge !== undefined) {
      expect(answer.header("www-authenticate") ?? null).toBe(one.challenge);
    }
    if (one.code !== undefined) expect(seen(answer).code).toBe(one.code);
    if (one.message !== undefined) expect(seen(answer).message).toBe(one.message);
    if (one.body !== undefined) expect(JSON.parse(answer.body)).toEqual(one.body);
    if (one.text !== undefined) expect(answer.body).toBe(one.text);
    if (kind === "one isolate") expect((await ran()) - before).toBe(one.ran);
  });

  test("no credential and no error of an auth handler is in what the app prints but its own log line", () => {
    expect(app.output()).not.toMatch(/Bearer|sid=/);
  });
});

const undo: (() => void)[] = [];

afterAll(() => undo.reverse().forEach((step) => step()));

let built: Promise<BuiltApp> | undefined;

function build(): Promise<BuiltApp> {
  return (built ??= buildApp(authApp, (step) => undo.push(step)));
}
