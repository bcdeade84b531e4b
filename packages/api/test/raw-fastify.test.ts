import { createServer, type RequestListener } from "node:http";
import { Readable } from "node:stream";
import cookie from "@fastify/cookie";
import multipart from "@fastify/multipart";
import Fastify, { type FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { api, start, stop, type RawHandler } from "../dist/index.js";

// A Fastify app as its team has it, mounted by both means that Fastify has: `serverFactory`, and the router itself.

let url = "";
const apps: FastifyInstance[] = [];
const hung: string[] = [];

async function addRoutes(app: FastifyInstance): Promise<void> {
  await app.register(cookie, { secret: "a secret of its own" });
  await app.register(multipart, { limits: { fileSize: 200_000 } });
  app.decorateRequest("user", "");
  app.addHook("onRequest", async (request, reply) => void reply.header("x-hooked", request.method));
  app.addHook("onSend", async (_request, _reply, payload) =>
    payload === '"shout"' ? '"SHOUT"' : (payload as unknown),
  );
  app.addHook("onRequestAbort", async (request) => void hung.push(request.url));
  app.get("/users/:id", async (request) => ({ ...(request.params as object), ...(request.query as object) }));
  app.get("/shout", async () => JSON.stringify("shout"));
  const schema = {
    body: { type: "object", required: ["name"], properties: { name: { type: "string", minLength: 2 } } },
    response: { 201: { type: "object", properties: { name: { type: "string" } } } },
  };
  app.post("/users", { schema }, async (request, reply) =>
    reply.code(201).send({ ...(request.body as object), secret: "not in the schema" }),
  );
  app.post("/text", async (request) => request.body);
  app.put("/empty", async (_request, reply) => reply.code(204).send());
  app.get("/cookies", async (request, reply) => {
    void reply.setCookie("seen", "1", { httpOnly: true }).setCookie("signed", "yes", { signed: true });
    return { cookies: request.cookies, signed: request.unsignCookie(request.cookies["signed"] ?? "").value };
  });
  app.get("/redirect", async (_request, reply) => reply.redirect("/users/1", 303));
  app.get("/stream", async (_request, reply) =>
    reply.type("text/plain").send(Readable.from(Array.from({ length: 50 }, (_, n) => `${n}\n`))),
  );
  app.get("/web-stream", async (_request, reply) =>
    reply.send(new Response("by a Response", { status: 202 })),
  );
  app.get("/bytes", async (_request, reply) => reply.send(Buffer.alloc(300_000, 7)));
  app.get("/thrown", async () => Promise.reject(Object.assign(new Error("no"), { statusCode: 418 })));
  app.get("/own-error", async () => Promise.reject(new Error("broken on purpose")));
  app.get("/raw", (_request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { "content-type": "text/event-stream" });
    for (const n of [1, 2, 3]) reply.raw.write(`data: ${n}\n\n`);
    reply.raw.end();
  });
  app.post("/upload", async (request) => {
    const file = await request.file();
    const bytes = await file!.toBuffer();
    return { name: file!.filename, size: bytes.length, type: file!.mimetype };
  });
  app.get("/hang", (_request, reply) => void reply.hijack().raw.write("begun"));
  app.get("/who", async ({ ip, protocol, host, originalUrl }) => ({ ip, protocol, host, originalUrl }));
}

/** Fastify hands its handler to whoever makes its server. */
async function byServerFactory(prefix: string): Promise<RawHandler> {
  let handler: RequestListener | undefined;
  const app = Fastify({
    bodyLimit: 20_000,
    serverFactory: (handle) => {
      handler = handle as RequestListener;
      return createServer();
    },
  });
  await app.register(addRoutes, { prefix });
  await app.ready();
  apps.push(app);
  return (req, res) => handler!(req, res);
}

async function byRouter(prefix: string): Promise<RawHandler> {
  const app = Fastify({ bodyLimit: 20_000 });
  await app.register(addRoutes, { prefix });
  await app.ready();
  apps.push(app);
  return app.routing;
}

beforeAll(async () => {
  api.raw({ expose: true, method: "*", path: "/factory/!rest" }, await byServerFactory("/factory"));
  api.raw({ expose: true, method: "*", path: "/router/!rest" }, await byRouter("/router"));
  url = (await start({ port: 0, signals: false, banner: false })).url!;
});

afterAll(async () => {
  await stop();
  for (const app of apps) await app.close();
});

describe.each(["/factory", "/router"])("a Fastify app under %s", (prefix) => {
  const get = (path: string, init: RequestInit = {}): Promise<Response> => fetch(url + prefix + path, init);
  const send = (method: string, path: string, body: unknown, type = "application/json"): Promise<Response> =>
    get(path, { method, body: body as string, headers: { "content-type": type } });

  test("routes by parameters and query", async () => {
    const response = await get("/users/a%20b?q=1");
    expect(await response.json()).toEqual({ id: "a b", q: "1" });
    expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(response.headers.get("x-hooked")).toBe("GET");
  });

  test("checks a body by its schema and writes the answer by its own", async () => {
    const made = await send("POST", "/users", JSON.stringify({ name: "Ada" }));
    expect([made.status, await made.json()]).toEqual([201, { name: "Ada" }]);
    const refused = await send("POST", "/users", JSON.stringify({ name: "A" }));
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ code: "FST_ERR_VALIDATION" });
  });

  test.each([
    ["{", "application/json", 400, "FST_ERR_CTP_INVALID_JSON_BODY"],
    ["", "application/json", 400, "FST_ERR_CTP_EMPTY_JSON_BODY"],
    ["<a/>", "application/xml", 415, "FST_ERR_CTP_INVALID_MEDIA_TYPE"],
    ["x".repeat(20_001), "text/plain", 413, "FST_ERR_CTP_BODY_TOO_LARGE"],
  ])("refuses the body %.8s of %s in its own words", async (body, type, status, code) => {
    const response = await send("POST", "/text", body, type);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ statusCode: status, code });
  });

  test("reads text with line feeds and beyond ASCII", async () => {
    expect(await (await send("POST", "/text", "é\n😀", "text/plain")).text()).toBe("é\n😀");
  });

  test("sets and reads cookies", async () => {
    const first = await get("/cookies");
    const set = first.headers.getSetCookie();
    expect(set).toHaveLength(2);
    const sent = set.map((one) => one.split(";")[0]).join("; ");
    const again = (await (await get("/cookies", { headers: { cookie: sent } })).json()) as object;
    expect(again).toMatchObject({ cookies: { seen: "1" }, signed: "yes" });
  });

  test("answers nothing, a redirect and an unknown path by itself", async () => {
    const empty = await get("/empty", { method: "PUT" });
    expect([empty.status, await empty.text()]).toEqual([204, ""]);
    const redirect = await get("/redirect", { redirect: "manual" });
    expect([redirect.status, redirect.headers.get("location")]).toEqual([303, "/users/1"]);
    const unknown = await get("/nowhere");
    expect(await unknown.json()).toMatchObject({
      message: `Route GET:${prefix}/nowhere not found`,
      statusCode: 404,
    });
  });

  test("answers HEAD with the headers of GET", async () => {
    const head = await get("/bytes", { method: "HEAD" });
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "300000", ""]);
  });

  test("sends streams, a Response and bytes", async () => {
    expect((await (await get("/stream")).text()).split("\n")).toHaveLength(51);
    const response = await get("/web-stream");
    expect([response.status, await response.text()]).toEqual([202, "by a Response"]);
    expect(Buffer.from(await (await get("/bytes")).arrayBuffer()).equals(Buffer.alloc(300_000, 7))).toBe(
      true,
    );
  });

  test("runs hooks around the answer, and lets a route take it over", async () => {
    expect(await (await get("/shout")).text()).toBe('"SHOUT"');
    const events = await get("/raw");
    expect(events.headers.get("content-type")).toBe("text/event-stream");
    expect(await events.text()).toBe("data: 1\n\ndata: 2\n\ndata: 3\n\n");
  });

  test("makes the answers of errors itself", async () => {
    const thrown = await get("/thrown");
    expect([thrown.status, await thrown.json()]).toEqual([
      418,
      { statusCode: 418, error: "I'm a Teapot", message: "no" },
    ]);
    expect(await (await get("/own-error")).json()).toMatchObject({
      statusCode: 500,
      message: "broken on purpose",
    });
  });

  test("takes an upload, and refuses one over its limit", async () => {
    const upload = (size: number): Promise<Response> => {
      const form = new FormData();
      form.set("photo", new Blob([Buffer.alloc(size, 7)], { type: "image/png" }), "p.png");
      return get("/upload", { method: "POST", body: form });
    };
    expect(await (await upload(150_000)).json()).toEqual({ name: "p.png", size: 150_000, type: "image/png" });
    const refused = await upload(300_000);
    expect([refused.status, await refused.json()]).toMatchObject([413, { code: "FST_REQ_FILE_TOO_LARGE" }]);
  });

  test("learns that a client has left", async () => {
    const controller = new AbortController();
    const response = await get("/hang", { signal: controller.signal });
    expect(Buffer.from((await response.body!.getReader().read()).value!).toString()).toBe("begun");
    controller.abort();
    await expect.poll(() => hung, { timeout: 10_000 }).toContain(`${prefix}/hang`);
  });

  test("knows its caller", async () => {
    expect(await (await get("/who?a=1")).json()).toEqual({
      ip: "127.0.0.1",
      protocol: "http",
      host: new URL(url).host,
      originalUrl: `${prefix}/who?a=1`,
    });
  });
});

test("injection, which tests of a Fastify app use, still works on a mounted app", async () => {
  const [app] = apps;
  expect((await app!.inject("/factory/users/7")).json()).toEqual({ id: "7" });
  expect(app!.server.listening).toBe(false);
});
