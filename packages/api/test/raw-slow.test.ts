import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { AppProcess } from "./app-process.ts";
import { buildApp } from "./built-app.ts";

// Raw bodies keep to the least rate of all bodies while their handler waits for them.

const APP = `
import { api, start, type RawRequest, type RawResponse } from "@twinloop/api";
import { setTimeout as sleep } from "node:timers/promises";

export const upload = api.raw({ expose: true, method: "POST", path: "/upload" }, async (req: RawRequest, res: RawResponse) => {
  let bytes = 0;
  try {
    for await (const piece of req) {
      bytes += piece.length;
      if (req.headers["x-slow-reader"]) await sleep(100);
    }
    res.end(String(bytes));
  } catch (error) {
    res.statusCode = (error as { status: number }).status;
    res.end((error as { code: string }).code);
  }
});
const app = await start({ banner: false, limits: { bodyGrace: "400ms", bodyTimeout: "1s", bodyBytesPerSecond: 1_000 } });
console.log("listening " + app.url);
`;

let app: AppProcess;
const undos: (() => void)[] = [];

beforeAll(async () => {
  app = await (await buildApp(APP, (undo) => undos.push(undo))).run();
}, 120_000);
afterAll(() => undos.reverse().forEach((undo) => undo()));

/** Begins an upload; `answer` resolves when the server has closed. */
function begin(headers = ""): { socket: Socket; answer: Promise<string> } {
  const socket = connect(Number(new URL(app.url).port), "127.0.0.1").setNoDelay(true);
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => undefined);
  let text = "";
  socket.on("data", (bytes: Buffer) => (text += bytes.toString("latin1")));
  socket.write(
    `POST /upload HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${headers}Transfer-Encoding: chunked\r\n\r\n`,
  );
  return { socket, answer: once(socket, "close").then(() => text) };
}

/** Sends a chunk of this size every `ms`, until the socket closes or `times` are over. */
async function drip(socket: Socket, size: number, ms: number, times: number): Promise<void> {
  for (let n = 0; n < times && !socket.destroyed && socket.writable; n++) {
    socket.write(`${size.toString(16)}\r\n${"x".repeat(size)}\r\n`);
    await new Promise((resolve) => setTimeout(resolve, ms));
  }
}

test("a raw body that drips below the least rate is given up", { timeout: 20_000 }, async () => {
  const { socket, answer } = begin();
  const began = performance.now();
  void drip(socket, 1, 40, 1_000);
  expect(await answer).toMatch(/^HTTP\/1.1 408 [^]*ERR_BODY_TIMEOUT/);
  expect(performance.now() - began).toBeLessThan(10_000);
});

test("a burst buys no more than its window", { timeout: 30_000 }, async () => {
  const { socket, answer } = begin();
  await drip(socket, 60_000, 0, 8);
  const began = performance.now();
  void drip(socket, 1, 40, 1_000);
  expect(await answer).toMatch(/^HTTP\/1.1 408 /);
  expect(performance.now() - began).toBeLessThan(15_000);
});

test(
  "a raw body at its rate may take longer than the time limit of a body",
  { timeout: 20_000 },
  async () => {
    const { socket, answer } = begin();
    await drip(socket, 500, 50, 60);
    socket.write("0\r\n\r\n");
    expect(await answer).toMatch(/^HTTP\/1.1 200 [^]*30000/);
  },
);

test("a handler that reads slowly holds no client to the rate", { timeout: 20_000 }, async () => {
  const { socket, answer } = begin("X-Slow-Reader: 1\r\n");
  const size = 20 * 50_000;
  await drip(socket, 50_000, 0, 20);
  socket.write("0\r\n\r\n");
  expect(await answer).toMatch(new RegExp(`^HTTP/1.1 200 [^]*${size}`));
});

test("chunks that come together count all of them", { timeout: 20_000 }, async () => {
  const { socket, answer } = begin();
  const burst = `64\r\n${"x".repeat(100)}\r\n`.repeat(20);
  for (let n = 0; n < 8 && !socket.destroyed; n++) {
    socket.write(burst);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  socket.write("0\r\n\r\n");
  expect(await answer).toMatch(/^HTTP\/1.1 200 [^]*16000/);
});
