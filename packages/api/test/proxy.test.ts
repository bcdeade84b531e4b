import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { beforeAll, expect, test } from "vitest";
import type { BuiltApp } from "./built-app.ts";
import { ask, buildWhoApp } from "./listening.ts";

let app: BuiltApp;

beforeAll(async () => {
  app = await buildWhoApp("{}");
}, 60_000);

interface Who {
  readonly remoteAddress: string;
  readonly protocol: string;
  readonly host: string;
}

/** Sends bytes and reads until the connection closes; the body of the answer, or `undefined` where there is none. */
async function send(url: string, bytes: string): Promise<Who | undefined> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.end(bytes, "latin1");
  const answer = await text(socket).catch(() => "");
  return answer === "" ? undefined : (JSON.parse(answer.split("\r\n\r\n")[1]!) as Who);
}

const GET = "GET /who HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";

/** A request of a trusted proxy; `contract/cases/api/forwarded.json` says what it means. */
interface Case {
  readonly headers: Readonly<Record<string, string>>;
  readonly remoteAddress: string | null;
  readonly protocol: string;
  readonly host: string;
}

const contract = new URL("../../../contract/cases/api/forwarded.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(contract, "utf8")) as { cases: readonly Case[] };

test.each(cases)("$headers from a trusted proxy", async ({ headers, remoteAddress, protocol, host }) => {
  const { url } = await trusting();
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const who = await send(url, `${GET}${lines.join("")}\r\n`);
  const address = remoteAddress?.replace(/:(4711|80)$/, ":port") ?? "127.0.0.1:port";
  expect(who).toMatchObject({ remoteAddress: address, protocol, host });
});

let running: ReturnType<BuiltApp["run"]> | undefined;

function trusting(): ReturnType<BuiltApp["run"]> {
  return (running ??= app.run({ TRUST_PROXY: "loopback, 10.0.0.0/8" }));
}

test("nobody is believed by default", async () => {
  const { url } = await app.run();
  const headers = {
    "x-forwarded-for": "198.51.100.7",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "b",
  };
  const expected = { remoteAddress: "127.0.0.1:port", protocol: "http", host: new URL(url).host };
  expect(await ask(`${url}/who`, { headers })).toMatchObject({ body: expected });
});

test("the PROXY protocol tells the client, whose own headers are then not believed", async () => {
  const { url } = await app.run({ TRUST_PROXY: "loopback", TWINLOOP_PROXY_PROTOCOL: "required" });
  const line = "PROXY TCP4 198.51.100.7 10.0.0.1 4711 80\r\n";
  expect(await send(url, `${line}${GET}x-forwarded-for: 6.6.6.6\r\n\r\n`)).toMatchObject({
    remoteAddress: "198.51.100.7:port",
  });
  const binary = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc6\x33\x64\x07\x0a\0\0\x01\x12\x67\0\x50";
  expect(await send(url, `${binary}${GET}\r\n`)).toMatchObject({ remoteAddress: "198.51.100.7:port" });
  expect(await send(url, `${GET}\r\n`)).toBeUndefined();
  expect(await send(url, `PROXY nonsense\r\n${GET}\r\n`)).toBeUndefined();
});

test.each([
  [{ TRUST_PROXY: "10.0.0.1/8" }, "which is no network"],
  [{ TWINLOOP_PROXY_PROTOCOL: "required" }, "proxyProtocol has no proxy to believe"],
  [{ TWINLOOP_PROXY_PROTOCOL: "yes" }, "TWINLOOP_PROXY_PROTOCOL is"],
] as const)("%j keeps the app from starting", async (env, message) => {
  const started = await app.run(env);
  await started.ended;
  expect(started.output()).toContain(message);
});
