import { createRequire } from "node:module";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { api, start, stop } from "../dist/index.js";

// An Express app as its team has it, mounted unchanged under every path, and its own supertest file.

/* oxlint-disable typescript/no-explicit-any -- the packages bring no types, and an app in JavaScript has none */
const require = createRequire(import.meta.url);
const express: any = require("express");
const multer: any = require("multer");
const cookieParser: any = require("cookie-parser");
const request: any = require("supertest");

let url = "";
const folder = mkdtempSync(join(tmpdir(), "raw-express-"));

function makeApp(): any {
  const app = express();
  app.use(cookieParser("secret"));
  app.use(express.json({ limit: "10kb" }));
  app.use(express.urlencoded({ extended: true }));
  app.use(express.text());
  app.use(express.raw());
  app.use("/files", express.static(folder, { maxAge: 1000 }));

  const users = express.Router({ mergeParams: true });
  users.param(
    "id",
    (req: any, _res: any, next: any, id: string) => ((req.user = { id, name: "Ada" }), next()),
  );
  users.get("/:id", (req: any, res: any) => res.json(req.user));
  users.put("/:id", (req: any, res: any) => res.status(202).json({ ...req.user, ...req.body }));
  users.delete("/:id", (_req: any, res: any) => res.sendStatus(204));
  app.use("/orgs/:org/users", users);

  app.get("/", (_req: any, res: any) => res.send("<h1>home</h1>\n"));
  app.get("/query", (req: any, res: any) => res.json(req.query));
  app.post("/echo", (req: any, res: any) =>
    res
      .type(req.get("content-type"))
      .send(
        Buffer.isBuffer(req.body)
          ? req.body
          : typeof req.body === "string"
            ? req.body
            : JSON.stringify(req.body),
      ),
  );
  app.get("/cookies", (req: any, res: any) =>
    res
      .cookie("seen", "1", { httpOnly: true })
      .cookie("signed", "yes", { signed: true })
      .json([req.cookies, req.signedCookies]),
  );
  app.get("/clear", (_req: any, res: any) => res.clearCookie("seen").end());
  app.get("/redirect", (_req: any, res: any) => res.redirect("/query?a=1"));
  app.get("/moved", (_req: any, res: any) => res.redirect(301, "https://example.com/"));
  app.get("/sync-error", () => {
    throw new Error("broken on purpose");
  });
  app.get("/async-error", async () => Promise.reject(Object.assign(new Error("no"), { status: 403 })));
  app.get("/stream", (_req: any, res: any) =>
    Readable.from(Array.from({ length: 50 }, (_, n) => `${n}\n`)).pipe(res.type("text")),
  );
  app.get("/download", (_req: any, res: any) => res.download(join(folder, "a.txt"), "name.txt"));
  app.get("/file", (_req: any, res: any) => res.sendFile(join(folder, "a.txt")));
  app.get("/accepts", (req: any, res: any) =>
    res.format({
      "text/plain": () => res.send("plain"),
      "application/json": () => res.json({ json: true }),
      default: () => res.status(406).send(req.get("accept")),
    }),
  );
  app.get("/ip", (req: any, res: any) =>
    res.json([req.ip, req.protocol, req.secure, req.hostname, req.originalUrl]),
  );
  app.get(
    "/locals",
    (_req: any, res: any, next: any) => ((res.locals.a = 1), next()),
    (_req: any, res: any) => res.json(res.locals),
  );
  app.get("/jsonp", (_req: any, res: any) => res.jsonp({ a: 1 }));
  const upload = multer({ storage: multer.memoryStorage(), limits: { fileSize: 200_000 } });
  app.post("/upload", upload.single("photo"), (req: any, res: any) =>
    res.json({ name: req.file.originalname, size: req.file.size, body: req.body }),
  );
  app
    .route("/chain")
    .get((_req: any, res: any) => res.send("get"))
    .post((_req: any, res: any) => res.send("post"));
  app.use((error: any, _req: any, res: any, next: any) => {
    if (res.headersSent) return next(error);
    res.status(error.status ?? error.statusCode ?? 500).json({ error: error.message, code: error.code });
  });
  return app;
}

beforeAll(async () => {
  writeFileSync(join(folder, "a.txt"), "0123456789");
  api.raw({ expose: true, method: "*", path: "/!rest" }, makeApp());
  url = (await start({ port: 0, signals: false, banner: false })).url!;
});

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await stop();
});

test("a page", () =>
  request(url).get("/").expect(200).expect("content-type", /html/).expect("<h1>home</h1>\n"));
test("an ETag, and 304 for who has it", async () => {
  const { headers } = await request(url).get("/").expect(200);
  expect(headers.etag).toMatch(/^W\//);
  await request(url).get("/").set("if-none-match", headers.etag).expect(304).expect("");
});
test("HEAD has the headers of GET", () => request(url).head("/").expect(200).expect("content-length", "14"));
test("OPTIONS tells the methods", () =>
  request(url).options("/chain").expect(200).expect("allow", "GET, HEAD, POST"));
test("parameters of nested routers", () =>
  request(url).get("/orgs/7/users/9").expect(200, { id: "9", name: "Ada" }));
test("PUT with JSON", () =>
  request(url).put("/orgs/7/users/9").send({ age: 36 }).expect(202, { id: "9", name: "Ada", age: 36 }));
test("DELETE without an answer", () => request(url).delete("/orgs/7/users/9").expect(204, ""));
test("a query", () =>
  request(url)
    .get("/query?a=1&a=2&b=%C3%A9")
    .expect(200, { a: ["1", "2"], b: "é" }));
test("JSON in and out", () =>
  request(url)
    .post("/echo")
    .send({ a: ["é"] })
    .expect(200, { a: ["é"] }));
test("a form", () =>
  request(url).post("/echo").type("form").send("a[b]=1&c=2").expect(200).expect('{"a":{"b":"1"},"c":"2"}'));
test("text", () => request(url).post("/echo").type("text").send("line\nline").expect(200, "line\nline"));
test("bytes", async () => {
  const { body } = await request(url)
    .post("/echo")
    .type("application/octet-stream")
    .send(Buffer.from([0, 255, 10]))
    .expect(200);
  expect([...body]).toEqual([0, 255, 10]);
});
test("JSON that is none is 400 by Express", () =>
  request(url).post("/echo").type("json").send("{").expect(400));
test("a body over Express' own limit is 413 by Express", () =>
  request(url)
    .post("/echo")
    .send({ a: "x".repeat(20_000) })
    .expect(413, /too large/));
test("cookies in and out, signed ones too", async () => {
  const { headers, body } = await request(url).get("/cookies").set("cookie", "a=1; b=2").expect(200);
  expect(body).toEqual([{ a: "1", b: "2" }, {}]);
  expect(headers["set-cookie"]).toHaveLength(2);
  const again = await request(url)
    .get("/cookies")
    .set("cookie", headers["set-cookie"].map((one: string) => one.split(";")[0]).join("; "));
  expect(again.body[1]).toEqual({ signed: "yes" });
});
test("a cookie is cleared", () =>
  request(url)
    .get("/clear")
    .expect(200)
    .expect("set-cookie", /seen=;.*1970/));
test("a redirect", () => request(url).get("/redirect").expect(302).expect("location", "/query?a=1"));
test("a redirect is followed", () => request(url).get("/redirect").redirects(1).expect(200, { a: "1" }));
test("a lasting redirect", () =>
  request(url).get("/moved").expect(301).expect("location", "https://example.com/"));
test("what a handler throws", () =>
  request(url).get("/sync-error").expect(500, { error: "broken on purpose" }));
test("what a handler rejects with", () => request(url).get("/async-error").expect(403, { error: "no" }));
test("an unknown path is Express' own 404", () =>
  request(url)
    .get("/nowhere")
    .expect(404)
    .expect(/Cannot GET \/nowhere/));
test("an unknown path with a body", () =>
  request(url).post("/nowhere").send("x".repeat(300_000)).type("application/x-nothing").expect(404));
test("a stream", async () => {
  const { text } = await request(url).get("/stream").expect(200);
  expect(text.split("\n")).toHaveLength(51);
});
test("a static file with its validators", async () => {
  const { headers } = await request(url)
    .get("/files/a.txt")
    .expect(200, "0123456789")
    .expect("cache-control", "public, max-age=1");
  await request(url).get("/files/a.txt").set("if-modified-since", headers["last-modified"]).expect(304);
});
test("a range of a static file", () =>
  request(url)
    .get("/files/a.txt")
    .set("range", "bytes=2-4")
    .expect(206, "234")
    .expect("content-range", "bytes 2-4/10"));
test("a static file that is not there", () => request(url).get("/files/b.txt").expect(404));
test("a path that climbs out of a folder", () =>
  request(url)
    .get("/files/..%2f..%2fetc%2fpasswd")
    .expect((answer: any) => expect(answer.status).toBeGreaterThanOrEqual(400)));
test("a download", () =>
  request(url)
    .get("/download")
    .expect(200)
    .expect("content-disposition", /name\.txt/));
test("a file", () => request(url).get("/file").expect(200, "0123456789"));
test("HEAD of a file", () => request(url).head("/file").expect(200).expect("content-length", "10"));
test("what the client accepts", async () => {
  await request(url).get("/accepts").set("accept", "application/json").expect(200, { json: true });
  await request(url).get("/accepts").set("accept", "text/plain").expect(200, "plain");
  await request(url).get("/accepts").set("accept", "image/png").expect(406);
});
test("the caller's address", async () => {
  const { body } = await request(url).get("/ip?a=1").expect(200);
  expect(body).toEqual(["127.0.0.1", "http", false, "127.0.0.1", "/ip?a=1"]);
});
test("locals", () => request(url).get("/locals").expect(200, { a: 1 }));
test("JSONP", () =>
  request(url)
    .get("/jsonp?callback=run")
    .expect(200, /run\(\{"a":1\}\)/));
test("an upload by multer", () =>
  request(url)
    .post("/upload")
    .field("title", "é")
    .attach("photo", Buffer.alloc(150_000, 7), "p.png")
    .expect(200, { name: "p.png", size: 150_000, body: { title: "é" } }));
test("an upload over multer's limit", () =>
  request(url)
    .post("/upload")
    .attach("photo", Buffer.alloc(400_000), "p.png")
    .expect(500, /LIMIT_FILE_SIZE/));
test("a route's methods", async () => {
  await request(url).post("/chain").expect(200, "post");
  await request(url).put("/chain").expect(404);
});
