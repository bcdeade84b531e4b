import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { basicAuth } from "hono/basic-auth";
import { compress } from "hono/compress";
import { getSignedCookie, setCookie, setSignedCookie } from "hono/cookie";
import { cors } from "hono/cors";
import { etag } from "hono/etag";
import { HTTPException } from "hono/http-exception";
import { stream, streamSSE, streamText } from "hono/streaming";
import { validator } from "hono/validator";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { api, start, stop } from "../dist/index.js";

// One Hono app as its team has it, mounted in fetch style and by the listener of `@hono/node-server`.

let url = "";
const left: string[] = [];

function addPages(app: Hono): Hono {
  app.use("/etag/*", etag());
  app.use("/cors/*", cors({ origin: "https://a.test", credentials: true }));
  app.use("/basic/*", basicAuth({ username: "ada", password: "secret" }));
  app.use("/zip/*", compress());
  app.get("/users/:id{[0-9]+}", (c) => c.json({ id: c.req.param("id"), tags: c.req.queries("tag") ?? [] }));
  app.get("/html", (c) => c.html("<h1>é</h1>"));
  app.get("/etag/page", (c) => c.text("a page"));
  app.get("/cors/page", (c) => c.text("a page"));
  app.get("/basic/page", (c) => c.text("a page"));
  app.get("/zip/page", (c) => c.text("a page ".repeat(1_000)));
  app.get("/redirect", (c) => c.redirect("/elsewhere", 308));
  app.get("/nothing", (c) => c.body(null, 204));
  app.get("/cookies", async (c) => {
    setCookie(c, "plain", "1", { path: "/", httpOnly: true });
    await setSignedCookie(c, "signed", "yes", "a secret");
    return c.json({ signed: await getSignedCookie(c, "a secret", "signed") });
  });
  app.get("/refused", () => {
    throw new HTTPException(402, { message: "pay first" });
  });
  app.get("/broken", () => {
    throw new Error("broken on purpose");
  });
  app.onError((error, c) =>
    error instanceof HTTPException ? error.getResponse() : c.json({ error: error.message }, 500),
  );
  app.notFound((c) => c.json({ missing: c.req.path }, 404));
  return app;
}

function addBodies(app: Hono): Hono {
  const named = validator("json", (value: unknown, c) => {
    const { name } = value as { name?: unknown };
    return typeof name === "string" ? { name } : c.text("no name", 422);
  });
  app.post("/users", named, (c) => c.json(c.req.valid("json"), 201));
  app.post("/text", async (c) => c.text(await c.req.text()));
  app.post("/size", async (c) => c.json({ size: (await c.req.arrayBuffer()).byteLength }));
  app.post("/form", async (c) => {
    const { title, photo } = await c.req.parseBody();
    return c.json({ title, photo: photo instanceof File ? [photo.name, photo.type, photo.size] : photo });
  });
  app.post("/echo", (c) => new Response(c.req.raw.body));
  app.post("/unread", (c) => c.text("answered"));
  return app;
}

function addStreams(app: Hono): Hono {
  app.get("/events", (c) =>
    streamSSE(c, async (events) => {
      for (const id of ["1", "2", "3"]) await events.writeSSE({ id, event: "tick", data: `at ${id}` });
    }),
  );
  app.get("/stream-text", (c) =>
    streamText(c, async (out) => {
      for (const line of ["a", "b\n", "é"]) await out.writeln(line);
    }),
  );
  app.get("/hang", (c) =>
    stream(c, async (out) => {
      out.onAbort(() => void left.push(c.req.path));
      await out.write("begun");
      await new Promise<void>((resolve) => out.onAbort(resolve));
    }),
  );
  return app;
}

beforeAll(async () => {
  const app = new Hono();
  for (const prefix of ["/fetch", "/node"]) app.route(prefix, addStreams(addBodies(addPages(new Hono()))));
  app.notFound((c) => c.json({ missing: c.req.path }, 404));
  api.raw({ expose: true, method: "*", path: "/fetch/!rest" }, app.fetch);
  const listener = getRequestListener(app.fetch);
  api.raw({ expose: true, method: "*", path: "/node/!rest" }, listener);
  url = (await start({ port: 0, signals: false, banner: false })).url!;
});

afterAll(() => stop());

describe.each(["/fetch", "/node"])("a Hono app under %s", (prefix) => {
  const get = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(url + prefix + path, { redirect: "manual", ...init });
  const post = (
    path: string,
    body: RequestInit["body"],
    headers: Record<string, string> = {},
  ): Promise<Response> => get(path, { method: "POST", body, headers, duplex: "half" } as RequestInit);

  test("routes by parameters and query", async () => {
    expect(await (await get("/users/7?tag=a&tag=b")).json()).toEqual({ id: "7", tags: ["a", "b"] });
    const unknown = await get("/users/ada");
    expect([unknown.status, await unknown.json()]).toEqual([404, { missing: `${prefix}/users/ada` }]);
  });

  test("sends pages, redirects and nothing", async () => {
    const page = await get("/html");
    expect([page.headers.get("content-type"), await page.text()]).toEqual([
      "text/html; charset=UTF-8",
      "<h1>é</h1>",
    ]);
    const moved = await get("/redirect");
    expect([moved.status, moved.headers.get("location")]).toEqual([308, "/elsewhere"]);
    const nothing = await get("/nothing");
    expect([nothing.status, nothing.headers.get("content-length"), await nothing.text()]).toEqual([
      204,
      null,
      "",
    ]);
  });

  test("answers HEAD without a body", async () => {
    const head = await get("/html", { method: "HEAD" });
    expect([head.status, head.headers.get("content-type"), await head.text()]).toEqual([
      200,
      "text/html; charset=UTF-8",
      "",
    ]);
  });

  test("runs its middleware: ETags, CORS, basic auth, compression", async () => {
    const tag = (await get("/etag/page")).headers.get("etag")!;
    expect((await get("/etag/page", { headers: { "if-none-match": tag } })).status).toBe(304);
    const preflight = await get("/cors/page", {
      method: "OPTIONS",
      headers: { origin: "https://a.test", "access-control-request-method": "GET" },
    });
    expect([preflight.status, preflight.headers.get("access-control-allow-origin")]).toEqual([
      204,
      "https://a.test",
    ]);
    expect((await get("/basic/page")).headers.get("www-authenticate")).toContain("Basic");
    const authorization = `Basic ${Buffer.from("ada:secret").toString("base64")}`;
    expect((await get("/basic/page", { headers: { authorization } })).status).toBe(200);
    const zipped = await get("/zip/page", { headers: { "accept-encoding": "gzip" } });
    expect(zipped.headers.get("content-encoding")).toBe("gzip");
    expect(await zipped.text()).toBe("a page ".repeat(1_000));
  });

  test("sets and reads several cookies", async () => {
    const set = (await get("/cookies")).headers.getSetCookie();
    expect(set).toHaveLength(2);
    const cookie = set.map((one) => one.split(";")[0]).join("; ");
    expect(await (await get("/cookies", { headers: { cookie } })).json()).toEqual({ signed: "yes" });
  });

  test("makes the answers of errors itself", async () => {
    const refused = await get("/refused");
    expect([refused.status, await refused.text()]).toEqual([402, "pay first"]);
    const broken = await get("/broken");
    expect([broken.status, await broken.json()]).toEqual([500, { error: "broken on purpose" }]);
  });

  test("reads JSON, text, bytes and forms", async () => {
    const type = { "content-type": "application/json" };
    const made = await post("/users", '{"name":"Ada"}', type);
    expect([made.status, await made.json()]).toEqual([201, { name: "Ada" }]);
    expect((await post("/users", "{}", type)).status).toBe(422);
    expect((await post("/users", "{", type)).status).toBe(400);
    expect(await (await post("/text", "é\n😀")).text()).toBe("é\n😀");
    expect(await (await post("/size", Buffer.alloc(300_000, 255))).json()).toEqual({ size: 300_000 });
    expect(await (await post("/form", new URLSearchParams({ title: "é" }))).json()).toEqual({ title: "é" });
    const form = new FormData();
    form.set("title", "é");
    form.set("photo", new Blob([Buffer.alloc(150_000, 7)], { type: "image/png" }), "p.png");
    expect(await (await post("/form", form)).json()).toEqual({
      title: "é",
      photo: ["p.png", "image/png", 150_000],
    });
  });

  test("passes a body on as it comes", async () => {
    const sent = Buffer.alloc(300_000, "0123456789");
    const echoed = Buffer.from(await (await post("/echo", sent)).arrayBuffer());
    expect(echoed.equals(sent)).toBe(true);
    expect(await (await post("/unread", sent)).text()).toBe("answered");
  });

  test("streams events and text", async () => {
    const events = await get("/events");
    expect(events.headers.get("content-type")).toBe("text/event-stream");
    const ticks = ["1", "2", "3"].map((id) => `event: tick\ndata: at ${id}\nid: ${id}\n\n`);
    expect(await events.text()).toBe(ticks.join(""));
    expect(await (await get("/stream-text")).text()).toBe("a\nb\n\né\n");
  });

  test("learns that a client has left", async () => {
    const controller = new AbortController();
    const response = await get("/hang", { signal: controller.signal });
    expect(Buffer.from((await response.body!.getReader().read()).value!).toString()).toBe("begun");
    controller.abort();
    await expect.poll(() => left, { timeout: 10_000 }).toContain(`${prefix}/hang`);
  });
});

test("the client of a Hono app has its types over the wire", async () => {
  const { hc } = await import("hono/client");
  const typed = new Hono().get("/fetch/users/:id", (c) =>
    c.json({ id: c.req.param("id"), tags: [] as string[] }),
  );
  const client = hc<typeof typed>(url);
  const response = await client.fetch.users[":id"].$get({ param: { id: "9" } });
  const { id }: { id: string } = await response.json();
  expect(id).toBe("9");
});
