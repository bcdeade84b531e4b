import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import {
  APIError,
  bytes,
  connect,
  createClient,
  endpoint,
  events,
  form,
  multipart,
  retry,
  text,
  withResponse,
  type Client,
} from "@twinloop/client";
import { buildSample, type BuiltApp, type RunningApp } from "./built-app.ts";
import type * as app from "./sample-app.ts";

let built: BuiltApp;
let running: RunningApp;
let client: Client<typeof app>;
const AT = new Date("2026-01-02T03:04:05.678Z");

beforeAll(async () => {
  built = await buildSample();
  running = await built.start();
  client = createClient<typeof app>(running.url);
});

afterAll(async () => {
  await running.stop();
  built.remove();
});

/** All that an iterable gives. */
async function gathered<T>(from: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of from) all.push(one);
  return all;
}

/** The error that a call ends with. */
async function failureOf(call: Promise<unknown>): Promise<APIError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(APIError);
  return error as APIError;
}

test("dates, bigints and bytes come back as what they are, at every depth", async () => {
  expect(await client("GET /links/:slug", { slug: "a/b ü" })).toEqual({
    slug: "a/b ü",
    createdAt: AT,
    visits: 12345678901234567890n,
    key: new Uint8Array([1, 2, 255]),
    last: null,
    either: AT.toISOString(),
    tree: { at: AT, below: [{ at: AT, below: [] }] },
    byDay: { monday: { at: AT } },
    pair: [AT, "a"],
  });
});

test("an answer carries its plan only for those who ask, and then depends on the question", async () => {
  const plain = await fetch(`${running.url}/links/a`);
  expect(plain.headers.get("content-type")).toBe("application/json");
  expect(plain.headers.get("vary")).toBeNull();
  const asked = await client("GET /links/:slug", { slug: "a" }, { as: "response" });
  expect(asked.headers.get("content-type")).toMatch(/^application\/json; revive="\[\{'createdAt':'d'/);
  expect(asked.headers.get("vary")).toBe("accept");
});

test("a query carries dates, bigints and lists", async () => {
  const given = { limit: 5, page_size: 7, tag: ["a&b", "c"], since: AT, above: 9007199254740993n };
  const { page_size: size, tag: tags, ...rest } = given;
  expect(await client("GET /links", given)).toEqual({ ...rest, size, tags });
  expect(await client("GET /links")).toEqual({});
});

test("fields go to the places that their markers name, and headers and the status come back", async () => {
  const given = { id: 4, at: AT, big: 2n ** 70n, data: new Uint8Array([7, 8]) };
  const { data, status, headers } = await withResponse(client, "PUT /places/:id", given, {
    headers: { "X-Key": "k", cookie: "visitor=v" },
    query: { dry: true },
  });
  expect(data).toEqual({ given: { ...given, key: "k", dry: true, visitor: "v" } });
  expect(status).toBe(201);
  expect(headers.get("X-Tag")).toBe("seen");
});

test("forms, files, text and bytes are sent as what they are", async () => {
  expect(await client("POST /sign-in", form({ user: "a&b", ages: [1, 2] }))).toEqual({
    user: "a&b",
    ages: [1, 2],
  });
  const file = new File(["hello"], "hello.txt", { type: "text/plain" });
  expect(await client("POST /photos/:album", multipart({ album: "x y", title: "t", file }))).toEqual({
    album: "x y",
    title: "t",
    name: "hello.txt",
    text: "hello",
  });
  const sent = new Uint8Array([0, 255]);
  expect(await client("POST /blob", bytes(sent), { as: "arrayBuffer" })).toEqual(sent.buffer);
  expect(await client("POST /blob", bytes(new Blob([sent])), { as: "arrayBuffer" })).toEqual(sent.buffer);
  expect(await client("PUT /blobs/:id", bytes({ id: "a", data: sent }))).toEqual({ id: "a", size: 2 });
  expect(await client("POST /note", text("loud"), { as: "text" })).toBe("LOUD");
});

test("pages, tables and nothing come as they are asked for", async () => {
  expect(await client("GET /page", undefined, { as: "text" })).toBe("<p>hello</p>");
  expect(await client("GET /table", {}, { as: "text" })).toMatch(/^a,1/);
  expect(await client("GET /table", { empty: true })).toEqual({ rows: 0 });
  expect(await client("DELETE /links/:slug", { slug: "a" })).toBeUndefined();
  const response = await client("POST /hook/:id", { id: 1, more: true }, { as: "response" });
  expect([response.status, await response.text()]).toEqual([418, 'POST {"more":true}']);
});

test("an endpoint without a route in its type, or without a path, is called all the same", async () => {
  const typed = endpoint<typeof app.typed>(client, "POST /typed/:name");
  expect(await typed({ name: "a" })).toEqual({ hello: "a", at: AT });
  expect(await client("POST /sample.unnamed", { a: 1 })).toEqual({ a: 1 });
  expect(await client("POST /checked", { age: "4" })).toEqual({ age: 4 });
  expect(await client("GET /either", {}, { query: { a: "1" } })).toEqual({ a: "1" });
  expect(await client("POST /either", {}, { query: { a: "1" } })).toEqual({ a: "1" });
});

test.each(["twinloop", "problem"])(
  "errors of the form %s have their code, message and details",
  async (errors) => {
    const other = await built.start({ SAMPLE_ERRORS: errors });
    try {
      const there = createClient<typeof app>(other.url);
      const error = await failureOf(there("GET /links/:slug", { slug: "none" }));
      expect(error).toMatchObject({
        ...{ code: "not_found", message: "no such link", details: { slug: "none" }, httpStatus: 404 },
      });
      const wrong = await failureOf(there("GET /links", { limit: 1000 }));
      expect(wrong).toMatchObject({ code: "invalid_argument", httpStatus: 400 });
      expect(wrong.details).toMatchObject({ issues: [{ at: "query.limit" }] });
    } finally {
      await other.stop();
    }
  },
);

test("an endpoint that the app does not have is named, also with another method", async () => {
  const other = client as unknown as (route: string, input?: unknown) => Promise<unknown>;
  for (const route of ["GET /gone", "PATCH /links", "GET /hidden"]) {
    const error = await failureOf(other(route));
    expect(error.code).toBe("unknown_endpoint");
    expect(error.message).toContain(route);
  }
});

test("a page that a proxy sends is shown by its status, type and first words", async () => {
  const error = await failureOf(client("GET /web", undefined, { as: "text" }));
  expect(error).toMatchObject({ code: "foreign_answer", httpStatus: 502 });
  expect(error.message).toMatch(/502 text\/html.* Bad Gateway nginx/);
  const page = await failureOf((client as unknown as (route: string) => Promise<unknown>)("GET /spa"));
  expect(page).toMatchObject({ code: "foreign_answer", httpStatus: 200 });
});

test("a value that is not of its type is named", async () => {
  const answers = (body: string): Client<typeof app> =>
    createClient<typeof app>("http://app", {
      fetch: async () =>
        new Response(body, {
          headers: { "content-type": "application/json; revive=\"[{'createdAt':'d'}]\"" },
        }),
    });
  for (const body of ['{"createdAt":5}', '{"createdAt":"soon"}', '{"createdAt":{}}']) {
    const error = await failureOf(answers(body)("GET /links/:slug", { slug: "a" }));
    expect(error.code).toBe("type_changed");
    expect(error.message).toContain("response.createdAt");
  }
});

test("a time limit and the caller's signal end a call", async () => {
  const late = await failureOf(client("GET /slow", undefined, { timeout: 50 }));
  expect(late).toMatchObject({ code: "deadline_exceeded", httpStatus: 0 });
  const gone = new AbortController();
  const call = failureOf(client("GET /slow", undefined, { signal: gone.signal }));
  gone.abort(new Error("left"));
  expect(await call).toMatchObject({
    code: "canceled",
    message: expect.stringContaining("left"),
    cause: new Error("left"),
  });
  expect((await failureOf(client("GET /slow", undefined, { signal: gone.signal }))).code).toBe("canceled");
});

test("a server that is not there is a network error with its reason", async () => {
  const nowhere = createClient<typeof app>("http://127.0.0.1:59999", { retry: retry({ attempts: 1 }) });
  const error = await failureOf(nowhere("GET /links/:slug", { slug: "a" }));
  expect(error.code).toBe("network_error");
  expect(error.message).toContain("ECONNREFUSED");
});

test("an answer that breaks off is a network error", async () => {
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": "100" });
    response.write("{");
    setTimeout(() => response.destroy(), 20);
  }).listen(0);
  const { port } = server.address() as AddressInfo;
  const error = await failureOf(
    createClient<typeof app>(`http://127.0.0.1:${port}`)("GET /links/:slug", { slug: "a" }),
  );
  expect(error.code).toBe("network_error");
  server.close();
});

test("what may be repeated is sent again after 503, and nothing else is", async () => {
  const again = client.with({ retry: retry() });
  const response = await again("GET /shaky", undefined, { as: "response" });
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ attempts: 3 });
  expect((await again("POST /shaky", undefined, { as: "response" })).status).toBe(503);
  expect((await again("GET /shaky", undefined, { as: "response", retry: false })).status).toBe(503);
});

test("an input that no request can carry is refused with its place", async () => {
  for (const [slug, at] of [
    ["", "path.slug"],
    ["..", "path.slug"],
  ] as const) {
    const error = await failureOf(client("GET /links/:slug", { slug }));
    expect(error).toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining(at),
      httpStatus: 0,
    });
  }
  const odd = { since: { at: 1 } } as unknown as { since: Date };
  expect((await failureOf(client("GET /links", odd))).message).toContain("query.since");
  const header = { "X-Key": "a\nb" };
  const given = { id: 1, at: AT, big: 1n, data: new Uint8Array() };
  expect((await failureOf(client("PUT /places/:id", given, { headers: header }))).code).toBe(
    "invalid_argument",
  );
});

test.each(["", "api.example.com", "ftp://a", "https://a?b", "https://a#b"])(
  "%j is refused as the address of an app",
  (url) => {
    expect(() => createClient(url)).toThrow(expect.objectContaining({ code: "invalid_base_url" }));
  },
);

test("headers may be made for each call, and another fetch may carry it", async () => {
  const seen: Headers[] = [];
  const own = createClient<typeof app>(`${running.url}/`, {
    headers: async () => ({ authorization: `Bearer ${seen.length}` }),
    fetch: (url, init) => (seen.push(init.headers as Headers), fetch(url, init)),
  });
  await own("GET /links", {}, { headers: { "x-more": ["a", "b"] } });
  await own.with({ credentials: "include" })("GET /links");
  expect(seen.map((headers) => headers.get("authorization"))).toEqual(["Bearer 0", "Bearer 1"]);
  expect(seen[0]!.get("x-more")).toBe("a, b");
});

test("events arrive in order over reconnections, with their dates", async () => {
  const ids: number[] = [];
  for await (const { id, event, data } of events(client, "GET /ticks/:n", { n: 5 })) {
    expect({ event, data }).toEqual({ event: "tick", data: { id: Number(id), at: AT } });
    ids.push(Number(id));
    if (ids.length === 5) break;
  }
  expect(ids).toEqual([1, 2, 3, 4, 5]);
  const once = events(client, "GET /ticks/:n", { n: 9 }, { reconnect: false, lastEventId: "7" });
  expect((await gathered(once)).map(({ id }) => String(id))).toEqual(["8", "9"]);
});

test("events end with the caller's signal, and with an error that no try would change", async () => {
  const gone = new AbortController();
  const read = async (): Promise<void> => {
    for await (const _ of events(client, "GET /ticks/:n", { n: 2 }, { signal: gone.signal })) gone.abort();
  };
  expect((await failureOf(read())).code).toBe("canceled");
  const wrong = events(client, "GET /ticks/:n", { n: "x" as unknown as number }).next();
  expect((await failureOf(wrong)).code).toBe("invalid_argument");
});

test("a connection sends, receives, and ends by the app's code", async () => {
  const options = { headers: { "X-Key": "k" }, WebSocket };
  const echo = await connect<typeof app.echo>(client, "GET /echo/:room", { room: "a" }, options);
  echo.send({ say: "hello", at: AT });
  expect(await echo.recv()).toEqual({ heard: "a k hello", at: AT.toISOString() });
  echo.send({ say: "bye", at: AT });
  expect(await gathered(echo)).toEqual([]);
  expect(await echo.closed).toEqual({ code: 4001, reason: "bye" });
  expect(() => echo.send({ say: "more", at: AT })).toThrow(expect.objectContaining({ code: "canceled" }));
});

test("the error of a stream's handler, and a message that does not fit, end the connection with their code", async () => {
  const options = { headers: { "X-Key": "k" }, WebSocket };
  const failing = await connect<typeof app.echo>(client, "GET /echo/:room", { room: "a" }, options);
  failing.send({ say: "fail", at: AT });
  const error = await failureOf(failing.recv());
  expect(error).toMatchObject({
    code: "failed_precondition",
    message: "you said fail",
    details: { closeCode: 1011 },
  });
  const wrong = await connect<typeof app.echo>(client, "GET /echo/:room", { room: "a" }, options);
  wrong.send({ say: 1 } as never);
  expect(await failureOf(wrong.recv())).toMatchObject({
    code: "invalid_argument",
    details: { closeCode: 1008 },
  });
});

test("streams in one direction, and of frames, work too", async () => {
  const sum = await connect<typeof app.sum>(client, "GET /sum", undefined, { WebSocket });
  for (const one of [1, 2, 3, -1]) sum.send(one);
  expect(await sum.recv()).toEqual({ sum: 6 });
  const frames = await connect<typeof app.frames>(client, "GET /frames", undefined, {
    WebSocket,
    format: "raw",
  });
  frames.send(new Uint8Array([1, 255]));
  expect(await frames.recv()).toEqual(new Uint8Array([1, 255]));
  expect(await frames.close()).toMatchObject({ code: 1000 });
});

test("a handshake that is refused is a network error", async () => {
  const options = { headers: { "X-Key": "k" }, WebSocket };
  const error = await failureOf(
    connect<typeof app.echo>(client, "GET /gone" as "GET /echo/:room", { room: "a" }, options),
  );
  expect(error.code).toBe("network_error");
});
