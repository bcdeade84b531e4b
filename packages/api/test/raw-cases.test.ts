import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildApp, type BuiltApp } from "./built-app.ts";
import type { AppProcess } from "./app-process.ts";
import { exchange, readAnswer } from "./raw-client.ts";

/** One raw endpoint, and what its caller gets; `contract/cases/api/raw.json` says what each member means. */
interface Case {
  readonly name: string;
  readonly handler: string;
  readonly options?: string;
  readonly path?: string;
  readonly ask?: string;
  readonly headers?: readonly string[];
  readonly body?: string;
  readonly times?: number;
  readonly chunks?: readonly string[];
  readonly bytes?: string;
  readonly status: number | "none";
  readonly sent?: Readonly<Record<string, string | null>>;
  readonly answer?: string;
  readonly answerTimes?: readonly [text: string, times: number];
  readonly reason?: string;
  readonly brokenOff?: boolean;
  readonly logged?: string;
  readonly quiet?: boolean;
}

const contract = new URL("../../../contract/cases/api/raw.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(contract, "utf8")) as { cases: readonly Case[] };

function declare({ handler, options = "", path = "" }: Case, index: number): string {
  const given = `expose: true, method: "*", path: "/c${index}${path}"${options && `, ${options}`}`;
  return `export const c${index} = api.raw({ ${given} }, ${handler});\n`;
}

/** The bytes of a case's request, which asks for the connection to be closed. */
function requestOf(
  { ask = "GET ", headers = [], body, times = 1, chunks, bytes }: Case,
  index: number,
): Buffer {
  const [method, rest] = [ask.slice(0, ask.indexOf(" ")), ask.slice(ask.indexOf(" ") + 1)];
  const sent = Buffer.from(body ?? "");
  const host = headers.some((one) => one.startsWith("Host:")) ? [] : ["Host: a.test"];
  const length = body === undefined ? [] : [`Content-Length: ${sent.length * times}`];
  const framing = chunks === undefined ? length : ["Transfer-Encoding: chunked"];
  const lines = [
    `${method} /c${index}${rest} HTTP/1.1`,
    ...host,
    "Connection: close",
    ...headers,
    ...framing,
  ];
  const pieces = chunks?.map((chunk) => `${Buffer.byteLength(chunk).toString(16)}\r\n${chunk}\r\n`);
  return Buffer.concat([
    Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"),
    ...(pieces === undefined
      ? Array.from({ length: times }, () => sent)
      : [Buffer.from(`${pieces.join("")}0\r\n\r\n`)]),
    Buffer.from(bytes ?? ""),
  ]);
}

interface Got {
  readonly status: number | "none";
  readonly reason: string;
  readonly body: Buffer;
  readonly header: (name: string) => string | null;
}

async function ask(url: string, one: Case, index: number): Promise<Got> {
  const bytes = await exchange(Number(new URL(url).port), requestOf(one, index));
  const method = (one.ask ?? "GET ").split(" ")[0]!;
  const { status, body } = readAnswer(bytes, method);
  const [head = ""] = bytes.toString("latin1").split("\r\n\r\n", 1);
  const header = (name: string): string | null => {
    const values = [...head.matchAll(new RegExp(`^${name}: *(.*?)\\r?$`, "gim"))].map(([, value]) => value!);
    return values.length === 0 ? null : values.join("|");
  };
  const [, code = "none", ...reason] = status.split(" ");
  return {
    status: code === "none" ? "none" : Number(code),
    reason: reason.join(" "),
    body: Buffer.from(body, "latin1"),
    header,
  };
}

function expectedBody({ answer, answerTimes }: Case, index: number): Buffer | undefined {
  if (answerTimes !== undefined) return Buffer.from(answerTimes[0].repeat(answerTimes[1]));
  if (answer === undefined) return undefined;
  // Bytes beyond ASCII that are no text stand in the table as the characters of their numbers.
  const text = answer.replaceAll("/c", `/c${index}`);
  return text.includes("\u00ff") ? Buffer.from(text, "latin1") : Buffer.from(text);
}

function errorsIn(output: string, from: number, index: number): string[] {
  const lines = output.slice(from).split("\n");
  return lines.filter((line) => line.includes('"level":50') && line.includes(`c${index}"`));
}

const undo: (() => void)[] = [];
afterAll(() => undo.toReversed().forEach((step) => step()));

let built: Promise<BuiltApp> | undefined;
function buildAll(): Promise<BuiltApp> {
  const imports = 'import { api, APIError, start } from "@twinloop/api";\nvoid APIError;\n';
  const begin = 'const app = await start({ banner: false });\nconsole.log("listening " + app.url);\n';
  return (built ??= buildApp(imports + cases.map(declare).join("") + begin, (step) => void undo.push(step)));
}

describe.each([
  ["one isolate", {}],
  ["workers", { WORKERS: "2" }],
] as const)("%s, built manifest, plain node", (_, env) => {
  let app: AppProcess;

  beforeAll(async () => {
    app = await (await buildAll()).run(env);
    if (app.url === "") throw new Error(`the app did not start:\n${app.output()}`);
  }, 90_000);

  test.each(cases.map((one, index) => [one.name, one, index] as const))("%s", async (_, one, index) => {
    const from = app.output().length;
    const { status, reason, body, header } = await ask(app.url, one, index);
    expect(status, body.toString()).toBe(one.status);
    const sent = Object.fromEntries(Object.keys(one.sent ?? {}).map((name) => [name, header(name)]));
    expect(sent).toEqual(one.sent ?? {});
    if (one.reason !== undefined) expect(reason).toBe(one.reason);
    const expected = expectedBody(one, index);
    if (expected !== undefined) expect(body.toString("latin1")).toBe(expected.toString("latin1"));
    if (one.brokenOff) expect(body.toString("latin1")).toMatch(/<broken off>$/);
    if (one.logged !== undefined) {
      await expect
        .poll(() => errorsIn(app.output(), from, index).join("\n"), { timeout: 5_000 })
        .toContain(one.logged);
    }
    if (one.quiet) expect(errorsIn(app.output(), from, index)).toEqual([]);
  });
});
