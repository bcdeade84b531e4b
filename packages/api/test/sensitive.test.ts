import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { buildApp } from "./built-app.ts";
import type { AppProcess } from "./app-process.ts";

const SOURCE = `
import { z } from "zod";
import { api, start, type Header, type MaxLen, type MinLen, type Sensitive } from "@twinloop/api";
type Long = string & MinLen<12>;
export const a = api({ expose: true, path: "/named" }, async (_: { password: Long; login: { apiKey: Long }[] }) => {});
export const b = api({ expose: true, path: "/typed" }, async (_: { answer: Sensitive<Long>; code: Header<"X-Code"> & Sensitive<string> & MaxLen<3> }) => {});
export const c = api({ expose: true, path: "/whole", sensitive: true }, async (_: { note: Long; [key: string]: Long }) => {});
export const d = api({ expose: true, path: "/zod", request: z.object({ answer: z.string().min(12).meta({ sensitive: true }), pin: z.string().min(12) }) }, async () => {});
export const e = api({ expose: true, path: "/refined", request: z.object({ password: z.string().refine((text) => text !== "hunter2", "is too common") }) }, async () => {});
export const f = api({ expose: true, path: "/open" }, async (_: { note: Long }) => {});
export const g = api({ expose: true, path: "/response" }, async (): Promise<{ password: number }> => ({ password: "hunter2" as any }));
type Hidden<T> = { rows: Sensitive<T>[][] };
export const h = api({ expose: true, path: "/top" }, async (_: Sensitive<Long>) => {});
export const i = api({ expose: true, path: "/top-list" }, async (_: Sensitive<Long>[]) => {});
export const j = api({ expose: true, path: "/top-record" }, async (_: Record<string, Sensitive<Long>>) => {});
export const k = api({ expose: true, path: "/top-object" }, async (_: Sensitive<{ note: Long; x: Header<"X-Code"> & MaxLen<3> }>) => {});
export const l = api({ expose: true, path: "/nested" }, async (_: Hidden<Long>) => {});
export const m = api({ expose: true, path: "/list-of-objects" }, async (_: { answer: Sensitive<Long> }[]) => {});
export const n = api({ expose: true, path: "/union" }, async (_: number | Sensitive<Long>) => {});
const answer = z.string().min(12).meta({ sensitive: true });
export const o = api({ expose: true, path: "/zod-top", request: answer }, async () => {});
export const p = api({ expose: true, path: "/zod-list", request: z.array(answer) }, async () => {});
export const q = api({ expose: true, path: "/zod-record", request: z.record(z.string(), answer) }, async () => {});
export const r = api({ expose: true, path: "/zod-object", request: z.object({ note: z.string().min(12) }).meta({ sensitive: true }) }, async () => {});
export const s = api({ expose: true, path: "/zod-nested", request: z.object({ rows: z.record(z.string(), z.tuple([answer])), either: z.union([z.number(), answer]) }) }, async () => {});
const app = await start({ banner: false });
console.log("listening " + app.url);
`;

const undo: (() => void)[] = [];
let app: AppProcess;

beforeAll(async () => {
  app = await (await buildApp(SOURCE, (step) => undo.push(step))).run();
  if (app.url === "") throw new Error(`the app did not start:\n${app.output()}`);
});

afterAll(() => undo.reverse().forEach((step) => step()));

test.each([
  [
    "/named",
    { password: "hunter2", login: [{ apiKey: "hunter2" }] },
    ["body.password", "body.login[0].apiKey"],
  ],
  ["/typed", { answer: "hunter2" }, ["header.x-code", "body.answer"]],
  ["/whole", { note: "hunter2", hunter2: "hunter2" }, ["body.note", 'body["…"]']],
  ["/zod", { answer: "hunter2", pin: "hunter2" }, ["body.answer", "body.pin"]],
  ["/refined", { password: "hunter2" }, ["body.password"]],
  ["/top", "hunter2", ["body"]],
  ["/top-list", ["hunter2"], ["body[0]"]],
  ["/top-record", { hunter2: "hunter2" }, ['body["…"]']],
  ["/top-object", { note: "hunter2" }, ["header.x-code", "body.note"]],
  ["/nested", { rows: [["hunter2"]] }, ["body.rows[0][0]"]],
  ["/list-of-objects", [{ answer: "hunter2" }], ["body[0].answer"]],
  ["/union", "hunter2", ["body"]],
  ["/zod-top", "hunter2", ["body"]],
  ["/zod-list", ["hunter2"], ["body[0]"]],
  ["/zod-record", { hunter2: "hunter2" }, ['body["…"]']],
  ["/zod-object", { note: "hunter2" }, ["body.note"]],
  [
    "/zod-nested",
    { rows: { hunter2: ["hunter2"] }, either: "hunter2" },
    ['body.rows["…"][0]', "body.either"],
  ],
])("%s shows no secret, in the answer or the log", async (path, body, places) => {
  const answer = await fetch(app.url + path, {
    method: "POST",
    headers: { "content-type": "application/json", "x-code": "hunter2" },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  expect(answer.status).toBe(400);
  expect(text).not.toContain("hunter2");
  const { issues } = (JSON.parse(text) as { details: { issues: { at: string; found: string }[] } }).details;
  expect(issues.map(({ at }) => at)).toEqual(places);
  expect(new Set(issues.map(({ found }) => found))).toEqual(new Set(["string"]));
  expect(app.output()).not.toContain("hunter2");
});

test("what is no secret is shown, so that the caller sees what was wrong", async () => {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${app.url}/open`, { method: "POST", headers, body: '{"note":"short"}' });
  expect(await answer.text()).toContain('\\"short\\"');
});

test("a response that does not fit names the type of a secret alone", async () => {
  const answer = await fetch(`${app.url}/response`, { method: "POST" });
  expect(answer.status).toBe(500);
  await vi.waitFor(() => expect(app.output()).toContain("response.password: expected number, found string"));
  expect(app.output()).not.toContain("hunter2");
});
