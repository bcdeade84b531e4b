import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { once } from "node:events";
import { deflateRawSync } from "node:zlib";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import type { AppProcess } from "./app-process.ts";
import { buildApp, type BuiltApp } from "./built-app.ts";
import { askHttp2, openHttp2, tlsFile } from "./listening.ts";
import { StreamClient } from "./stream-client.ts";

// Streams as the connections they are: over TLS, with a caller, for pages of other origins, with clients that mean no good.

const APP = `
import { api, authHandler, Gateway, getAuthData, start, type Cookie, type Header } from "@twinloop/api";

interface Known { userID: string }
export const session = authHandler<{ sid?: Cookie<"sid">; authorization?: Header<"Authorization"> }, Known>(
  async ({ sid, authorization }) => {
    const userID = sid ?? authorization?.replace("Bearer ", "") ?? "nobody";
    return userID === "nobody" ? null : { userID };
  },
);
export const gateway = new Gateway({ authHandler: session });

export const echo = api.streamInOut<string, string>(
  { expose: true, path: "/echo", compress: true, maxMessage: ${256 << 10} },
  async (stream) => { for await (const message of stream) await stream.send(message); },
);
export const mine = api.streamInOut<string, string>(
  { expose: true, path: "/mine", auth: true },
  async (stream) => {
    for await (const message of stream) await stream.send(message + " of " + getAuthData<Known>()!.userID);
  },
);
let sent = 0;
export const flood = api.streamOut<string>({ expose: true, path: "/flood" }, async (stream) => {
  const piece = "x".repeat(${32 << 10});
  for (sent = 0; sent < 10_000; sent++) await stream.send(piece);
});
export const flooded = api({ expose: true, method: "GET", path: "/flooded" }, async () => ({ sent }));
const ends: string[] = [];
export const held = api.streamInOut<string, string>({ expose: true, path: "/held" }, async (stream) => {
  {
    await using own = stream;
    await own.send("begun");
    await own.recv().catch((error: { code: string }) => ends.push(error.code));
  }
  ends.push(String((await stream.closed).code));
  console.log("held ended: " + ends.splice(0).join(" "));
});
const app = await start({
  banner: false,
  cors: {
    allowOriginsWithCredentials: ["https://app.example"],
    allowOriginsWithoutCredentials: ["https://reads.example"],
  },
  securityHeaders: true,
});
console.log("listening " + app.url);
`;

const ca = readFileSync(tlsFile("authority.pem"));
const TLS = { TLS_CERT: tlsFile("server.pem"), TLS_KEY: tlsFile("server-key.pem") };

let built: BuiltApp;
let app: AppProcess;
let ws = "";
const undos: (() => void)[] = [];

beforeAll(async () => {
  built = await buildApp(APP, (undo) => undos.push(undo));
  app = await built.run();
  ws = app.url.replace("http", "ws");
}, 120_000);
afterAll(() => undos.reverse().forEach((undo) => undo()));

test("a stream is served over TLS, with its caller and its drain", async () => {
  const secure = await built.run(TLS);
  const client = new StreamClient(`${secure.url.replace("http", "ws")}/mine`, {
    ca,
    headers: { cookie: "sid=ann" },
  });
  await client.opened();
  const large = "x".repeat(200_000);
  for (const text of ["a", large]) client.send(JSON.stringify(text));
  expect(await client.receive()).toBe('"a of ann"');
  expect(await client.receive()).toBe(JSON.stringify(`${large} of ann`));
  secure.child.kill("SIGTERM");
  expect(await client.closed()).toEqual({ code: 1001, reason: "the app is stopping" });
  expect(await secure.ended).toEqual({ code: 0, signal: null });
});

test("a stream is refused over HTTP/2, which is told what to do", async () => {
  const secure = await built.run(TLS);
  const session = openHttp2(secure.url, { ca });
  onTestFinished(() => session.destroy());
  expect(await askHttp2(session, "/echo")).toMatchObject({
    status: 426,
    body: { code: "failed_precondition", message: expect.stringContaining("not over HTTP/2") },
  });
  // RFC 8441: the server has not said that it takes an extended CONNECT, so that one is malformed.
  const extended = session.request({ ":method": "CONNECT", ":protocol": "websocket", ":path": "/echo" });
  const [error] = (await once(extended, "error")) as [{ code: string; message: string }];
  expect(error.message).toContain("NGHTTP2_PROTOCOL_ERROR");
  expect(await askHttp2(session, "/flooded")).toMatchObject({ status: 200 });
});

test.each([
  ["nobody", {}, 401],
  ["credentials of nobody", { cookie: "sid=nobody" }, 401],
  ["a session", { cookie: "sid=ann" }, "ann"],
  ["a token", { authorization: "Bearer eve" }, "eve"],
  ["a page of the app's own origin", { cookie: "sid=ann", origin: "own" }, "ann"],
  ["a page that may send credentials", { cookie: "sid=ann", origin: "https://app.example" }, "ann"],
  ["a page that may only read", { cookie: "sid=ann", origin: "https://reads.example" }, 403],
  ["any other page", { cookie: "sid=ann", origin: "https://evil.example" }, 403],
])("a stream with an auth handler, opened by %s", async (_by, headers: Record<string, string>, outcome) => {
  const origin = headers["origin"] === "own" ? { origin: app.url } : {};
  const client = new StreamClient(`${ws}/mine`, { headers: { ...headers, ...origin } });
  if (typeof outcome === "number") {
    const { status, body, headers: told } = await client.refusal();
    expect({ status, code: (JSON.parse(body) as { code: string }).code }).toEqual({
      status: outcome,
      code: outcome === 401 ? "unauthenticated" : "permission_denied",
    });
    expect(told).toMatchObject({ "x-frame-options": "SAMEORIGIN", vary: "origin" });
    return;
  }
  await client.opened();
  client.send('"hi"');
  expect(await client.receive()).toBe(JSON.stringify(`hi of ${outcome}`));
  await client.end();
});

// An app with a gateway looks at the credentials of every request, so that each of its streams may know its caller.
test.each([
  ["https://app.example", true],
  ["https://reads.example", false],
  ["https://evil.example", false],
  ["null", false],
])("a stream that asks for no caller, opened by a page of %s", async (origin, isLetIn) => {
  const client = new StreamClient(`${ws}/echo`, { headers: { origin } });
  if (!isLetIn) return expect(await client.refusal()).toMatchObject({ status: 403 });
  await client.opened();
  await client.end();
});

/** The head of a masked frame whose mask is zeros. */
function head(first: number, length: number): Buffer {
  const bytes = Buffer.alloc(14);
  bytes[0] = first;
  bytes[1] = 0xff;
  bytes.writeBigUInt64BE(BigInt(length), 2);
  return bytes;
}

test("a message that inflates beyond its limit closes with 1009, and costs no more than the limit", async () => {
  const socket = connect(Number(new URL(app.url).port), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.write(
    "GET /echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
  );
  const [told] = (await once(socket, "data")) as [Buffer];
  expect(told.toString("latin1")).toContain("sec-websocket-extensions: permessage-deflate");
  // 160 KiB, which are within the limit of a message, of 160 MiB.
  const bomb = deflateRawSync(Buffer.alloc(160 << 20, "a"), { level: 9 });
  expect(bomb.length).toBeLessThan(256 << 10);
  const before = memoryOf(app);
  socket.write(Buffer.concat([head(0xc1, bomb.length), bomb]));
  const [answer] = (await once(socket, "data")) as [Buffer];
  expect([answer[0], answer.readUInt16BE(2)]).toEqual([0x88, 1009]);
  expect(memoryOf(app) - before).toBeLessThan(32);
});

/** The resident memory of a process in MiB. */
function memoryOf({ child }: AppProcess): number {
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
}

test("a client that does not read holds its handler up, and gets everything when it does", async () => {
  const client = new StreamClient(`${ws}/flood`);
  await client.opened();
  client.pause();
  const sent = async (): Promise<number> =>
    ((await (await fetch(`${app.url}/flooded`)).json()) as { sent: number }).sent;
  let before = -1;
  const stalled = await vi.waitFor(
    async () => {
      const now = await sent();
      const isStill = now > 0 && now === before;
      before = now;
      if (!isStill) throw new Error("it still sends");
      return now;
    },
    { timeout: 20_000, interval: 300 },
  );
  expect(stalled).toBeLessThan(1_000);
  client.resume();
  await vi.waitFor(async () => expect(await sent()).toBeGreaterThan(stalled + 100), { timeout: 20_000 });
  client.terminate();
});

test("a stopping app closes its streams with 1001 and waits for their handlers", async () => {
  const own = await built.run();
  const client = new StreamClient(`${own.url.replace("http", "ws")}/held`);
  await client.opened();
  expect(await client.receive()).toBe('"begun"');
  own.child.kill("SIGTERM");
  expect(await client.closed()).toEqual({ code: 1001, reason: "the app is stopping" });
  expect(await own.ended).toEqual({ code: 0, signal: null });
  expect(own.output()).toContain("held ended: canceled 1001");
});

test.each([
  [1000, "done"],
  [1001, ""],
  [4999, "own"],
  [undefined, ""],
])("the handler learns of the client's close with %s", async (code, reason) => {
  const own = await built.run();
  const client = new StreamClient(`${own.url.replace("http", "ws")}/held`);
  await client.opened();
  expect(await client.receive()).toBe('"begun"');
  if (code === undefined) client.terminate();
  else client.close(code, reason);
  await vi.waitFor(() => expect(own.output()).toContain(`held ended: canceled ${code ?? 1006}`));
});
