import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildApp } from "./built-app.ts";
import type { AppProcess } from "./app-process.ts";

/** One request, and what it is answered; `contract/cases/api/forms.json` says what each means. */
interface Case {
  readonly name: string;
  readonly type: string;
  readonly options?: string;
  readonly path?: string;
  readonly ask?: string;
  readonly contentType: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly base64?: string;
  readonly status: number;
  readonly answer?: unknown;
  readonly issues?: readonly string[];
  readonly says?: string;
  readonly hides?: string;
}

function read(table: string): readonly Case[] {
  const contract = new URL(`../../../contract/cases/api/${table}.json`, import.meta.url);
  return (JSON.parse(readFileSync(contract, "utf8")) as { cases: readonly Case[] }).cases;
}

const TABLES = ["forms", "multipart"] as const;
const cases = TABLES.flatMap((table) => read(table).map((one) => [`${table}: ${one.name}`, one] as const));

const PRELUDE = `
import { api, start, TextBody, UploadedFile } from "@twinloop/api";
import type { BytesBody, Form, Min, MinLen, MaxLen, Multipart, Query, Sensitive } from "@twinloop/api";
async function show(value: unknown): Promise<unknown> {
  if (value instanceof UploadedFile) {
    const { name, type, size } = value;
    return { name, type, size, text: await value.text() };
  }
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString("base64") };
  if (value instanceof TextBody) return { text: value.text, type: value.type };
  if (value instanceof Date) return value;
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return Promise.all(value.map(show));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(async ([name, one]) => [name, await show(one)] as const);
  return Object.fromEntries(await Promise.all(entries));
}
`;

function declare({ type, options = "", path = "" }: Case, index: number): string {
  const given = `expose: true, method: "POST", path: "/c${index}${path}"${options && `, ${options}`}`;
  return `export const c${index} = api({ ${given} }, async (r: ${type}): Promise<unknown> => show(r));\n`;
}

function send(url: string, { contentType, headers = {}, body, base64 = "" }: Case): Promise<Response> {
  const bytes = body === null ? Buffer.from(base64, "base64") : Buffer.from(body);
  const typed = contentType === null ? {} : { "content-type": contentType };
  const sent = bytes.length === 0 ? {} : { body: bytes };
  return fetch(url, { method: "POST", headers: { ...typed, ...headers }, ...sent });
}

describe("bodies that are not JSON: built manifest, plain node, a real socket", () => {
  let app: AppProcess;
  const undo: (() => void)[] = [];

  beforeAll(async () => {
    const declared = cases.map(([, one], index) => declare(one, index)).join("");
    const source = `${PRELUDE}${declared}const app = await start({ banner: false });\nconsole.log("listening " + app.url);\n`;
    app = await (await buildApp(source, (step) => undo.push(step))).run();
    if (app.url === "") throw new Error(`the app did not start:\n${app.output()}`);
  });

  afterAll(() => undo.reverse().forEach((step) => step()));

  test.each(cases.map(([name, one], index) => [name, one, index] as const))("%s", async (_, one, index) => {
    const answer = await send(`${app.url}/c${index}${one.ask ?? ""}`, one);
    const text = await answer.text();
    expect({ status: answer.status, text }).toMatchObject({ status: one.status });
    const body = JSON.parse(text) as { message?: string; details?: { issues: { at: string }[] } };
    if (one.answer !== undefined) expect(body).toEqual(one.answer);
    if (one.issues !== undefined) expect(body.details!.issues.map(({ at }) => at)).toEqual(one.issues);
    if (one.says !== undefined) expect(body.message).toContain(one.says);
    if (one.hides !== undefined) expect(text + app.output()).not.toContain(one.hides);
  });
});
