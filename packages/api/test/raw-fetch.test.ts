import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { api, start, stop } from "../dist/index.js";
import { exchange, readAnswer } from "./raw-client.ts";

// Raw endpoints in fetch style, and what a handler in any style returns.

let port = 0;
let url = "";
let goOn: () => void = () => undefined;
const went = new Promise<void>((resolve) => (goOn = resolve));

let goLeft: () => void = () => undefined;
const left = new Promise<void>((resolve) => (goLeft = resolve));

const upstream = createServer((_req, res) => {
  const body = gzipSync("a page ".repeat(1_000));
  res.writeHead(200, { "content-encoding": "gzip", "content-length": body.length, "x-from": "upstream" });
  res.end(body);
});

beforeAll(async () => {
  await once(upstream.listen(0, "127.0.0.1"), "listening");
  api.raw({ expose: true, method: "*", path: "/!rest" }, (request: Request) => new Response(request.url));
  api.raw({ expose: true, method: ["POST", "TRACE"], path: "/some" }, () => new Response("some"));
  api.raw({ expose: true, method: "GET", path: "/slow" }, () => {
    async function* pieces(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("first");
      await went;
      yield Buffer.from("second");
    }
    return new Response(ReadableStream.from(pieces()));
  });
  api.raw({ expose: true, method: "GET", path: "/thenable" }, ((_req: unknown, _res: unknown) => ({
    // oxlint-disable-next-line unicorn/no-thenable -- as promises of other libraries have it
    then: (_resolve: unknown, reject: (error: Error) => void) => reject(new Error("as a promise would")),
  })) as never);
  api.raw({ expose: true, path: "/pieces" }, async ({ body }: Request) => {
    const pieces: Uint8Array[] = [];
    for await (const piece of body as unknown as AsyncIterable<Uint8Array>) pieces.push(piece);
    return Response.json([pieces.length, Buffer.concat(pieces).toString()]);
  });
  api.raw({ expose: true, method: "GET", path: "/proxied" }, () =>
    fetch(`http://127.0.0.1:${(upstream.address() as AddressInfo).port}/`),
  );
  api.raw({ expose: true, path: "/whole/:as" }, async (request: Request) => {
    const copy = new Request(request.clone(), { method: "PUT" });
    const seen = [request.method, copy.method, await copy.text(), await request.text()].join("\n");
    const headers = new Headers([
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
    ]);
    const bytes = Uint8Array.of(0, 255, 10);
    return new Response(request.url.endsWith("/bytes") ? bytes : seen, { status: 203, headers });
  });
  api.raw({ expose: true, method: "GET", path: "/left" }, async ({ signal }: Request) => {
    await once(signal, "abort");
    goLeft();
    return new Response("to nobody");
  });
  const app = await start({ port: 0, signals: false, banner: false });
  url = app.url!;
  port = Number(new URL(url).port);
});

afterAll(async () => {
  upstream.closeAllConnections();
  upstream.close();
  await stop();
});

async function ask(first: string): Promise<string> {
  const bytes = await exchange(
    port,
    Buffer.from(`${first} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n`),
  );
  return bytes.toString();
}

test("a chunk is sent when it is there, and not with the next one", async () => {
  const answer = await fetch(`${url}/slow`);
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader.read()).value).toBe("first");
  goOn();
  expect((await reader.read()).value).toBe("second");
});

test("a small body is one answer with its length", async () => {
  const text = await ask("GET /a?b");
  expect(text).toMatch(/\r\ncontent-length: 17\r\n/i);
  expect(text).toMatch(/\r\n\r\nhttp:\/\/a\.test\/a\?b$/);
});

test.each([
  ["//evil.example/admin", "http://a.test//evil.example/admin"],
  ["/a:b//c", "http://a.test/a:b//c"],
  ["http://a.test/absolute", "http://a.test/absolute"],
])("the target %s does not choose the host", async (target, expected) => {
  expect((await ask(`GET ${target}`)).split("\r\n\r\n")[1]).toBe(expected);
});

test.each([
  ["TRACE /any", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"],
  ["TRACK /any", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"],
  ["TRACE /some", "POST"],
])("the method of %s, which no Request can have, is not allowed", async (first, allow) => {
  const write = vi.spyOn(process.stderr, "write");
  const text = await ask(first);
  expect(text).toMatch(/^HTTP\/1\.1 405 /);
  expect(/^allow: (.*)\r$/im.exec(text)?.[1]).toBe(allow);
  expect(write).not.toHaveBeenCalled();
  write.mockRestore();
});

test("what another library's promise rejects with is the answer", async () => {
  const { status } = await fetch(`${url}/thenable`, { signal: AbortSignal.timeout(5_000) });
  expect(status).toBe(500);
});

test("small chunks come whole and in their order, joined to fewer pieces", async () => {
  const letters = Array.from({ length: 20_000 }, (_, n) => String.fromCharCode(97 + (n % 26)));
  const head =
    "POST /pieces HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
  const chunks = letters.map((letter) => `1\r\n${letter}\r\n`).join("");
  const answer = readAnswer(await exchange(port, Buffer.from(`${head}${chunks}0\r\n\r\n`)));
  const [pieces, whole] = JSON.parse(answer.body) as [number, string];
  expect(whole).toBe(letters.join(""));
  expect(pieces).toBeLessThan(letters.length);
});

test("a response of fetch() is passed on, whose body is decoded already", async () => {
  const { body, headers } = readAnswer(
    await exchange(port, Buffer.from("GET /proxied HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")),
  );
  expect(body).toBe("a page ".repeat(1_000));
  expect(headers).toContain("x-from: upstream");
  expect(headers.filter((line) => line.startsWith("content-encoding"))).toEqual([]);
});

test("what comes whole and is answered whole is a request and a response as any", async () => {
  const post = { method: "POST", body: "in" };
  const text = await fetch(`${url}/whole/text`, post);
  expect([text.status, text.headers.getSetCookie()]).toEqual([203, ["a=1", "b=2"]]);
  expect(text.headers.get("content-type")).toBe("text/plain;charset=UTF-8");
  expect(await text.text()).toBe("POST\nPUT\nin\nin");
  const bytes = await fetch(`${url}/whole/bytes`, post);
  expect(new Uint8Array(await bytes.arrayBuffer())).toEqual(Uint8Array.of(0, 255, 10));
});

test("a host that is none is refused, whatever the handler reads", async () => {
  const bytes = await exchange(
    port,
    Buffer.from("GET /whole/text HTTP/1.1\r\nHost: 999.999.999.999\r\nConnection: close\r\n\r\n"),
  );
  expect(bytes.toString()).toMatch(/^HTTP\/1\.1 400 /);
});

test("the signal of a request tells its handler that the client has left", async () => {
  const asked = fetch(`${url}/left`, { signal: AbortSignal.timeout(100) });
  await expect(asked).rejects.toThrow();
  await left;
  expect((await fetch(`${url}/a`)).status).toBe(200);
});
