import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { AppProcess } from "./app-process.ts";
import { buildApp } from "./built-app.ts";

const FILES = {
  "users/encore.service.ts": `import { Service } from "@twinloop/api"; export default new Service("users");`,
  "users/users.ts": `
import { api, HTML, type Cookie, type Header, type HttpStatus, type MinLen, type Query, type Redirect, type SignedCookie } from "@twinloop/api";
const open = { expose: true } as const;
export interface Item { id: string; at: Date; big: bigint; bytes: Uint8Array }
export const put = api({ ...open, method: "PUT", path: "/items/:id" }, async (_: { id: string; dry?: Query<boolean>; tags: Query<string[], "tag">; lang: Header<"Accept-Language">; sid?: Cookie<"sid">; at: Date; big: bigint; bytes: Uint8Array }): Promise<Item> => { throw new Error("not here"); });
export const found = api({ ...open, method: "GET", path: "/found/*rest" }, async (_: { rest: string }): Promise<{ etag: Header<"ETag">; seen?: Header<Date, "Last-Seen">; counts: Header<number[], "X-Count">; status: HttpStatus; n: number }> => { throw new Error("not here"); });
export const post = api({ ...open, path: "/post" }, async (): Promise<{ n: number }> => { throw new Error("not here"); });
export const nothing = api({ ...open, method: "GET", path: "/nothing", timeout: 300 }, async (): Promise<void> => {});
export const page = api({ ...open, method: "GET", path: "/page" }, async (): Promise<HTML | Redirect> => { throw new Error("not here"); });
export const bytes = api({ ...open, method: "GET", path: "/bytes" }, async (): Promise<Uint8Array> => { throw new Error("not here"); });
export const sealed = api({ ...open, method: "GET", path: "/sealed" }, async (_: { s?: SignedCookie<string> }): Promise<void> => {});
export const ticks = api.sse({ ...open, path: "/ticks", timeout: 300 }, async function* () { yield { data: { at: new Date(0) }, id: "a" }; });
`,
  "app.ts": `
import { api, APIError, start } from "@twinloop/api";
import "./users/encore.service.js";
import * as users from "./users/users.js";
const calls: Record<string, () => Promise<unknown>> = {
  put: () => users.put({ id: "a/b é", dry: true, tags: ["x&y", "z"], lang: "en", sid: "s=1; admin", at: new Date(5), big: 7n, bytes: new Uint8Array([255]), more: "undeclared" } as never).then(({ at, big, bytes, ...rest }) => ({ ...rest, at: at.getTime(), big: String(big), bytes: [...bytes] })),
  dots: () => users.put({ id: "..", tags: [], lang: "en", at: new Date(5), big: 7n, bytes: new Uint8Array() }),
  invalid: () => users.put({ id: "a", tags: [], lang: "en", at: "no" as never, big: 7n, bytes: new Uint8Array() }),
  "line break": () => users.put({ id: "a", tags: [], lang: "en\\r\\nx: y", at: new Date(5), big: 7n, bytes: new Uint8Array() }),
  found: () => users.found({ rest: "a/b" }).then(({ seen, ...rest }) => ({ ...rest, seen: seen?.getTime() ?? null })),
  post: () => users.post(),
  nothing: async () => ({ given: (await users.nothing()) ?? "nothing" }),
  page: async () => { const got = await users.page(); return { is: got.constructor.name, status: got.status, headers: got.headers, text: (got as { text?: string }).text ?? null }; },
  bytes: async () => [...(await users.bytes())],
  sealed: () => users.sealed({}),
  "with auth data": () => users.nothing(undefined, { authData: { userID: "u" } }),
  events: async () => { const got: unknown[] = []; for await (const { data, id } of users.ticks()) got.push([data.at.getTime(), id]); return got; },
};
export const run = api({ expose: true, method: "GET", path: "/run/:name" }, async ({ name }: { name: string }): Promise<unknown> => {
  try { return { value: await calls[name]!() }; } catch (error) {
    if (!(error instanceof APIError)) return { other: String(error) };
    const { code, message, details, headers } = error;
    return { error: { code, message, ...(details ? { details } : {}), ...(headers ? { headers } : {}) } };
  }
});
const { url } = await start({ banner: false });
console.log("listening " + url);
`,
};

interface Asked {
  readonly line: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

let server: Server;
let app: AppProcess;
let respond: (request: IncomingMessage, response: ServerResponse) => void;
const asked: Asked[] = [];
const sockets = new Set<Socket>();
const undo: (() => void)[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    void text(request).then((body) => {
      asked.push({ line: `${request.method} ${request.url}`, headers: request.headers, body });
      respond(request, response);
    });
  });
  server.on("connection", (socket) => void sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  undo.push(
    () => server.closeAllConnections(),
    () => void server.close(),
  );
  const built = await buildApp(FILES, (step) => undo.push(step));
  const { port } = server.address() as AddressInfo;
  app = await built.run({
    SERVICE_USERS_URL: `http://127.0.0.1:${port}/base/`,
    COOKIE_SECRETS: "a cookie secret of at least 32 bytes",
  });
  if (app.url === "") throw new Error(`the app did not start:\n${app.output()}`);
});

beforeEach(() => void asked.splice(0));
afterAll(() => undo.reverse().forEach((step) => step()));

async function run(name: string, headers: Record<string, string> = {}): Promise<unknown> {
  return (await fetch(`${app.url}/run/${encodeURIComponent(name)}`, { headers })).json();
}

/** Lets the service answer. */
function answers(status: number, headers: Record<string, string | string[]>, body = ""): void {
  respond = (_, response) => void response.writeHead(status, headers).end(body);
}

const JSON_TYPE = { "content-type": "application/json" };

test("a call is the request that a client would send, and no more", async () => {
  answers(200, JSON_TYPE, '{"id":"a","at":"1970-01-01T00:00:00.005Z","big":"7","bytes":"/w==","more":1}');
  const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  expect(await run("put", { traceparent, tracestate: "k=v" })).toEqual({
    value: { id: "a", at: 5, big: "7", bytes: [255] },
  });
  const [{ line, headers, body }] = asked as [Asked];
  expect(line).toBe("PUT /base/items/a%2Fb%20%C3%A9?dry=true&tag=x%26y&tag=z");
  expect(JSON.parse(body)).toEqual({ at: "1970-01-01T00:00:00.005Z", big: "7", bytes: "/w==" });
  expect(headers).toEqual({
    ...{ host: expect.any(String), connection: "keep-alive", accept: "application/json" },
    ...{ "accept-language": "en", cookie: "sid=s%3D1%3B%20admin", "content-type": "application/json" },
    ...{ "content-length": String(body.length), tracestate: "k=v" },
    traceparent: expect.stringMatching(`^00-${"a".repeat(32)}-[0-9a-f]{16}-01$`),
  });
});

test.each([
  ["dots", /path\.id/],
  ["invalid", /body\.at/],
  ["line break", /header\.accept-language: expected a value that a header can carry/],
])("what does not fit stays here: %s", async (name, message) => {
  expect(await run(name)).toMatchObject({
    error: { code: "invalid_argument", message: expect.stringMatching(message) as string },
  });
  expect(asked).toEqual([]);
});

test("the fields of an answer are read from its status and headers", async () => {
  const headers = { ...JSON_TYPE, etag: '"é"', "last-seen": "Thu, 01 Jan 1970 00:00:05 GMT" };
  answers(203, { ...headers, etag: Buffer.from('"é"').toString("latin1"), "x-count": ["1", "2"] }, '{"n":1}');
  expect(await run("found")).toEqual({
    value: { etag: '"é"', seen: 5000, counts: [1, 2], status: 203, n: 1 },
  });
  answers(404, { ...JSON_TYPE, etag: "x" }, '{"n":2}');
  expect(await run("found")).toEqual({ value: { etag: "x", seen: null, counts: [], status: 404, n: 2 } });
});

test("bodies that are no JSON come back as what a handler returns", async () => {
  answers(404, { "content-type": "text/html; charset=utf-8" }, "<p>");
  expect(await run("page")).toEqual({
    value: {
      ...{ is: "HTML", status: 404, text: "<p>" },
      headers: { "content-type": "text/html; charset=utf-8" },
    },
  });
  answers(303, { location: "/there" });
  expect(await run("page")).toEqual({
    value: { is: "Redirect", status: 303, text: null, headers: { location: "/there" } },
  });
  answers(200, { "content-type": "application/octet-stream" }, "ab");
  expect(await run("bytes")).toEqual({ value: [97, 98] });
});

test("an event stream is followed as a browser does", async () => {
  const data = '{"at":"1970-01-01T00:00:00.000Z"}';
  answers(200, { "content-type": "text/event-stream" }, `: hello\n\nid: a\ndata: ${data}\n\n`);
  expect(await run("events")).toEqual({ value: [[0, "a"]] });
  expect(asked[0]!.headers["accept"]).toBe("text/event-stream");
});

test.each([
  ["twinloop", 404, { code: "not_found", message: "none", details: { id: 1 } }],
  ["problem", 404, { type: "about:blank", detail: "none", code: "not_found", details: { id: 1 } }],
])("an error of the form %s is the error of the call", async (_, status, body) => {
  answers(
    status,
    { ...JSON_TYPE, "retry-after": "7", vary: "origin", "x-own": ["a", "b"] },
    JSON.stringify(body),
  );
  expect(await run("post")).toEqual({
    error: {
      ...{ code: "not_found", message: "none", details: { id: 1 } },
      headers: { "retry-after": "7", "x-own": ["a", "b"] },
    },
  });
});

test("a refused input is the error of the call, whatever its status", async () => {
  const details = { issues: [{ at: "body.n", expected: "number", found: "string" }] };
  answers(422, JSON_TYPE, JSON.stringify({ code: "invalid_argument", message: "m", details }));
  expect(await run("post")).toEqual({ error: { code: "invalid_argument", message: "m", details } });
});

const HTML = { "content-type": "text/html" };
test.each([
  ["a proxy without a server", 502, HTML, "<h1>Bad Gateway", "unavailable", /users cannot be reached/],
  ["a proxy that waits no longer", 504, HTML, "", "deadline_exceeded", /did not answer in time/],
  ["a proxy that limits", 429, HTML, "", "resource_exhausted", /takes no such call now/],
  ["an unknown path", 404, HTML, "<h1>", "unimplemented", /does not know users\.post.*another version/],
  [
    "a path of no endpoint",
    404,
    JSON_TYPE,
    '{"code":"not_found","message":"no endpoint has this path","details":null}',
    "unimplemented",
    /another version/,
  ],
  ["a method that is not taken", 405, HTML, "", "unimplemented", /another version/],
  ["a redirect to a sign-in", 302, { location: "http://elsewhere/" }, "", "unavailable", /cannot be reached/],
  ["a page in place of the answer", 200, HTML, "<h1>", "internal", /^an internal error occurred$/],
  ["a value of another version", 200, JSON_TYPE, '{"n":"x"}', "internal", /^an internal error occurred$/],
  ["half a value", 200, JSON_TYPE, '{"n":', "internal", /^an internal error occurred$/],
  ["no value", 200, {}, "", "internal", /^an internal error occurred$/],
] as const)("%s is a typed error", async (_, status, headers, body, code, message) => {
  answers(status, headers, body);
  expect(await run("post")).toMatchObject({
    error: { code, message: expect.stringMatching(message) as string },
  });
});

test("an endpoint that answers nothing has failed where a proxy answers", async () => {
  answers(502, HTML);
  expect(await run("nothing")).toMatchObject({ error: { code: "unavailable" } });
});

test("an answer that ends early is a service that cannot be reached", async () => {
  respond = (_, response) => {
    response.writeHead(200, { ...JSON_TYPE, "content-length": "100" });
    response.write('{"n"', () => response.destroy());
  };
  expect(await run("post")).toMatchObject({ error: { code: "unavailable" } });
});

test("a service that says nothing is one that did not answer in time, and the connection is given up", async () => {
  const closed = new Promise<void>((resolve) => {
    respond = (request) => request.socket.once("close", resolve);
  });
  expect(await run("nothing")).toEqual({
    error: { code: "deadline_exceeded", message: "the endpoint did not answer in time" },
  });
  await closed;
});

test("an event stream that does not begin is given up, one that has begun may take its time", async () => {
  const closed = new Promise<void>((resolve) => {
    respond = (request) => request.socket.once("close", resolve);
  });
  expect(await run("events")).toMatchObject({ error: { code: "deadline_exceeded" } });
  await closed;
  respond = (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    setTimeout(() => response.end('id: a\ndata: {"at":"1970-01-01T00:00:00.000Z"}\n\n'), 600);
  };
  expect(await run("events")).toEqual({ value: [[0, "a"]] });
});

/** Closes the connection of the next request that comes over one that has had a request before. */
function closeKept(): void {
  const known = new Set(sockets);
  respond = (request, response) => {
    if (known.has(request.socket)) request.socket.destroy();
    else response.writeHead(200, JSON_TYPE).end('{"n":3}');
  };
}

test("an idempotent call is sent once more where a kept connection was closed, any other is not", async () => {
  answers(200, {});
  await run("nothing");
  closeKept();
  expect(await run("nothing")).toEqual({ value: { given: "nothing" } });
  expect(asked).toHaveLength(3);
  closeKept();
  expect(await run("post")).toMatchObject({ error: { code: "unavailable" } });
  expect(asked).toHaveLength(4);
});

test.each([
  [
    "sealed",
    /users\.sealed cannot be called at SERVICE_USERS_URL without SERVICE_AUTH_SECRET.*sealed cookie/,
  ],
  ["with auth data", /users\.nothing cannot be called at .*: the call has auth data/],
])("what the public road cannot carry is refused: %s", async (name, message) => {
  expect(await run(name)).toMatchObject({
    error: { code: "unimplemented", message: expect.stringMatching(message) as string },
  });
  expect(asked).toEqual([]);
});

test("the reason of a failure stands in the log of the caller", async () => {
  answers(502, HTML, "<h1>");
  await run("post");
  await vi.waitFor(() => expect(app.output()).toContain("the service users answered 502 (text/html)"));
});
