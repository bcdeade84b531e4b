import { once } from "node:events";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { buildApp, type BuiltApp } from "./built-app.ts";
import type { AppProcess } from "./app-process.ts";

/** One request, and what its caller gets; `contract/cases/api/middleware.json` says what each means. */
interface Case {
  readonly name: string;
  readonly ask: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly status: number;
  readonly answer: unknown;
  readonly sent?: Readonly<Record<string, string | null>>;
  readonly logged?: string;
}

const contract = new URL("../../../contract/cases/api/middleware.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(contract, "utf8")) as { cases: readonly Case[] };

const LAYERS = `
import { APIError, HandlerResponse, middleware, type Middleware, type MiddlewareRequest } from "@twinloop/api";
const seen = (request: MiddlewareRequest, what: string): void => void (request.data["seen"] ??= []).push(what);
export const first = middleware(async function first(request, next) {
  seen(request, "first");
  const response = await next(request);
  response.header.add("x-order", "first");
  return response;
});
export const second = middleware(async (request, next) => {
  seen(request, "second");
  const response = await next(request);
  response.header.add("x-order", "second");
  return response;
});
export const app = middleware(async (request, next) => {
  seen(request, "app");
  const response = await next(request);
  response.header.add("x-order", "app");
  return response;
});
const only = (name: string, target: object): Middleware =>
  middleware({ target }, async (request, next) => (seen(request, name), next(request)));
export const targets = [
  only("tagged", { tags: ["one", "two"] }), only("exposed", { expose: true }), only("private", { expose: false }),
  only("raw", { isRaw: true }), only("stream", { isStream: true }), only("not stream", { isStream: false }),
  only("auth", { auth: true }), only("no auth", { auth: false }), only("message", { type: "pubsub-message" }),
  only("call", { type: ["api-call", "cron-job"] }),
];
export const answers = middleware({ target: { tags: ["answers"] } }, async () => new HandlerResponse({ from: "middleware" }));
export const before = middleware({ target: { tags: ["before"] } }, () => { throw APIError.permissionDenied("not you"); });
export const after = middleware({ target: { tags: ["after"] } }, async (request, next) => {
  await next(request);
  throw APIError.aborted("after the fact");
});
export const heals = middleware({ target: { tags: ["heals"] } }, async (request, next) => {
  try { return await next(request); } catch { return new HandlerResponse({ from: "healed" }); }
});
export const changes = middleware({ target: { tags: ["changes"] } }, async (request, next) => {
  const response = await next(request);
  response.payload = { ...response.payload, from: "changed", secret: "stripped" };
  response.status = 202;
  response.header.set("x-own", "set");
  response.header.add("x-kept", "added");
  response.header.add("set-cookie", ["a=1", "b=2"]);
  return response;
});
export const empties = middleware({ target: { tags: ["empties"] } }, async (request, next) => {
  const response = await next(request);
  response.status = 204;
  return response;
});
export const misfits = middleware({ target: { tags: ["misfits"] } }, async (request, next) => {
  const response = await next(request);
  response.payload = { from: 5 };
  return response;
});
export const splits = middleware({ target: { tags: ["splits"] } }, async (request, next) => {
  const response = await next(request);
  response.header.set("x-split", "a\\r\\nx-injected: b");
  return response;
});
export const forgets = middleware({ target: { tags: ["forgets"] } }, (async function forgets(request: any, next: any) {
  await next(request);
}) as any);
export const twice = middleware({ target: { tags: ["twice"] } }, async function twice(request, next) {
  await next(request);
  return next(request);
});
export const strangers = middleware({ target: { tags: ["strangers"] } }, async function strangers(_, next) {
  return next({} as never);
});
`;

const USERS = `
import { api, currentRequest, APIError, HttpStatus, type Header } from "@twinloop/api";
interface Answer { from: string }
const runs = (): { seen: string[] } => ({ seen: currentRequest()!.data["seen"] ?? [] });
const answer = async (): Promise<Answer> => ({ from: "handler" });
export const plain = api({ expose: true, method: "GET", path: "/plain" }, async () => runs());
export const tagged = api({ expose: true, method: "GET", path: "/tagged", tags: ["two", "three"] }, async () => runs());
export const sync = api({ expose: true, method: "GET", path: "/sync" }, () => runs());
export const checked = api({ expose: true, path: "/checked" }, async ({ n }: { n: number }) => ({ n, ...runs() }));
export const ticks = api.sse({ expose: true, path: "/ticks" }, async function* () { yield { data: runs() }; });
export const watched = api.streamOut<{ seen: string[] }>({ expose: true, path: "/watched" }, async (stream) => { await stream.send(runs()); });
for (const tag of ["answers", "before", "after", "heals", "empties", "misfits", "splits", "forgets", "twice", "strangers"])
  void tag;
export const answers = api({ expose: true, method: "GET", path: "/answers", tags: ["answers"] }, answer);
export const before = api({ expose: true, method: "GET", path: "/before", tags: ["before"] }, answer);
export const after = api({ expose: true, method: "GET", path: "/after", tags: ["after"] }, answer);
export const heals = api({ expose: true, method: "GET", path: "/heals", tags: ["heals"] }, async (): Promise<Answer> => { throw new Error("x"); });
export const empties = api({ expose: true, method: "GET", path: "/empties", tags: ["empties"] }, answer);
export const misfits = api({ expose: true, method: "GET", path: "/misfits", tags: ["misfits"] }, answer);
export const splits = api({ expose: true, method: "GET", path: "/splits", tags: ["splits"] }, answer);
export const forgets = api({ expose: true, method: "GET", path: "/forgets", tags: ["forgets"] }, answer);
export const twice = api({ expose: true, method: "GET", path: "/twice", tags: ["twice"] }, answer);
export const strangers = api({ expose: true, method: "GET", path: "/strangers", tags: ["strangers"] }, answer);
interface Rich extends Answer { own: Header<"X-Own">; kept: Header<"X-Kept"> }
export const changes = api({ expose: true, method: "GET", path: "/changes", tags: ["changes"] }, async (): Promise<Rich> => ({ from: "handler", own: "declared", kept: "declared" }));
export const created = api({ expose: true, method: "GET", path: "/created", tags: ["changes"] }, async (): Promise<Answer & { status: HttpStatus }> => ({ from: "handler", status: HttpStatus.Created }));
export const unwrapped = api.raw({ expose: true, method: "GET", path: "/unwrapped" }, (_request, response) => { response.end("raw"); });
export const fails = api({ expose: true, method: "GET", path: "/fails" }, async () => { throw APIError.notFound("none"); });
export const meta = api({ expose: true, method: "PUT", path: "/meta/:id/*rest", tags: ["one"] }, async (given: { id: number; rest: string; name: string }) => {
  const { type, service, endpoint, api: described, method, path, pathAndQuery, pathParams, parsedPayload, middlewareData, headers } = currentRequest()!;
  const accept = [headers.get("x-many"), headers["x-many"]] as (string | string[])[];
  return { type, service, endpoint, described, method, path, pathAndQuery, pathParams: pathParams as { id: number; rest: string }, parsedPayload: parsedPayload as typeof given, middlewareData: middlewareData as { seen: string[] }, accept };
});
`;

const FILES = {
  "layers.ts": LAYERS,
  "users/users.ts": USERS,
  "users/encore.service.ts": `
import { Service } from "@twinloop/api/service";
import { first, second, targets, answers, before, after, heals, changes, empties, misfits, splits, forgets, twice, strangers } from "../layers.js";
export default new Service("users", { middlewares: [first, second, ...targets, answers, before, after, heals, changes, empties, misfits, splits, forgets, twice, strangers] });
`,
  "bare/bare.ts": `
import { api, currentRequest } from "@twinloop/api";
export const get = api({ expose: true, method: "GET" }, async () => ({ seen: currentRequest()!.data["seen"] as string[], of: currentRequest()!.service }));
`,
  "bare/bare.service.ts": `
import { Service } from "@twinloop/api";
export default new Service("bare");
`,
  "app.ts": `
import { start } from "@twinloop/api";
import { app } from "./layers.js";
import "./users/encore.service.js";
import "./users/users.js";
import "./bare/bare.js";
const { url } = await start({ banner: false, middlewares: [app] });
console.log("listening " + url);
`,
};

const undo: (() => void)[] = [];
afterAll(() => undo.reverse().forEach((step) => step()));
let built: Promise<BuiltApp> | undefined;
const build = (): Promise<BuiltApp> => (built ??= buildApp(FILES, (step) => undo.push(step)));

describe.each([
  ["one isolate", {}],
  ["workers", { WORKERS: "2" }],
] as const)("%s, built manifest, plain node", (_kind, env) => {
  let running: AppProcess;

  beforeAll(async () => {
    running = await (await build()).run(env);
    if (running.url === "") throw new Error(`the app did not start:\n${running.output()}`);
  });

  test("a WebSocket is a stream to the targets of middlewares", async () => {
    const socket = new WebSocket(`${running.url.replace("http", "ws")}/watched`);
    const [message] = (await once(socket, "message")) as [Buffer];
    expect(JSON.parse(message.toString())).toEqual({
      seen: ["app", "first", "second", "exposed", "stream", "no auth", "call"],
    });
    await once(socket, "close");
  });

  test.each(cases.map((one) => [one.name, one] as const))("%s", async (_name, one) => {
    const [method = "", path = ""] = one.ask.split(" ");
    const body = one.body === undefined ? {} : { body: JSON.stringify(one.body) };
    const type = one.body === undefined ? {} : { "content-type": "application/json" };
    const answer = await fetch(running.url + path, { method, headers: { ...type, ...one.headers }, ...body });
    const text = await answer.text();
    const expected = typeof one.answer === "string" ? text : (JSON.parse(text) as unknown);
    const sent = Object.fromEntries(
      Object.keys(one.sent ?? {}).map((name) => [
        name,
        name === "set-cookie" ? answer.headers.getSetCookie().join("; ") : answer.headers.get(name),
      ]),
    );
    expect({ status: answer.status, answer: expected, sent }).toEqual({
      status: one.status,
      answer: one.answer,
      sent: one.sent ?? {},
    });
    if (one.logged !== undefined) {
      await vi.waitFor(() => expect(running.output()).toContain(one.logged), { timeout: 5_000 });
    }
  });
});

test("a service with middlewares that the app does not import is refused at start", async () => {
  const app = await buildApp({
    ...FILES,
    "app.ts": FILES["app.ts"].replace('import "./users/encore.service.js";\n', ""),
  });
  const { url, output } = await app.run();
  expect(url).toBe("");
  expect(output()).toContain(
    "the service users (src/users/encore.service.ts:4) is not loaded, so its middlewares would have no effect",
  );
});

test("a middleware whose tags no endpoint has is refused at start", async () => {
  const app = await buildApp({
    ...FILES,
    "users/users.ts": USERS.replace('tags: ["answers"]', 'tags: ["answer"]'),
  });
  const { url, output } = await app.run();
  expect(url).toBe("");
  expect(output()).toMatch(
    /runs around nothing: no endpoint (?:of the service users )?has the tag "answers"/,
  );
  expect(output()).toContain('Did you mean "answer"?');
});
