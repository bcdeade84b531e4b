import { once } from "node:events";
import { createServer } from "node:net";
import { Worker } from "node:worker_threads";
import { afterEach, expect, test, vi } from "vitest";
import { start, stop } from "../dist/index.js";
import { memory } from "../dist/testing.js";
import { jobs, seen, work } from "./fixtures/jobs.mjs";

const quiet = { banner: false, signals: false };

afterEach(async () => {
  await stop();
  vi.unstubAllEnvs();
});

test.each(["postgres", "amqp"])(
  "a %s: broker that is down is tried for a while, then named without its password",
  async (scheme) => {
    const server = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    vi.stubEnv("PUBSUB_URL", `${scheme}://user:hunter2@127.0.0.1:${port}/app`);
    vi.stubEnv("PUBSUB_CONNECT_TIMEOUT", "500");
    const error: Error = await start(quiet).then(
      () => expect.unreachable(),
      (thrown: Error) => thrown,
    );
    expect(error.message).toContain(`:${port}/app`);
    expect(error.message).not.toContain("hunter2");
    server.close();
  },
);

test("a message whose worker ends is tried again elsewhere, with its attempt counted", async () => {
  vi.stubEnv("PUBSUB_URL", "memory:");
  await start(quiet);
  const worker = new Worker(new URL("fixtures/jobs-worker.mjs", import.meta.url));
  await once(worker, "message");
  // It may have ended before all publishes are answered.
  const ended = once(worker, "exit");
  const ids = await Promise.all(Array.from({ length: 10 }, (_, n) => jobs.publish({ n })));
  await ended;
  await vi.waitFor(() => expect(new Set(seen.map(({ id }) => id)).size).toBe(10), 20_000);
  expect(seen.map(({ id }) => id).sort()).toEqual(ids.sort());
  expect(seen.some(({ attempt }) => attempt === 2)).toBe(true);
  expect(seen.every(({ attempt }) => attempt <= 2)).toBe(true);
});

test("the memory provider's time is moved by hand, and what was published can be read", async () => {
  vi.stubEnv("PUBSUB_URL", "memory:");
  await start(quiet);
  seen.length = 0;
  const id = await jobs.publish({ n: 1 }, { delay: "2h" });
  await memory.drain();
  expect(seen).toEqual([]);
  await memory.advance(7_200_000);
  await memory.drain();
  expect(seen).toEqual([{ id, attempt: 1 }]);
  const published = await memory.published(jobs);
  expect(published.map(({ id, body }) => ({ id, body }))).toEqual([{ id, body: { n: 1 } }]);
});

test("without start() a publish connects by itself, and nothing is handled", async () => {
  vi.stubEnv("PUBSUB_URL", "memory:");
  seen.length = 0;
  await jobs.publish({ n: 1 });
  expect((await work.depth()).ready).toBe(1);
  expect(seen).toEqual([]);
});
