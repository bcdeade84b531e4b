import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { api, APIError, log, start, stop, currentRequest } from "../dist/index.js";

let url = "";
const ended: { path: string; reason: unknown }[] = [];
let yielded = 0;

const Nothing = z.object({});

function findRoom(): never {
  throw APIError.notFound("no such room");
}

const numbers = api.sse(
  {
    expose: true,
    path: "/numbers/:count",
    request: z.object({ count: z.coerce.number() }),
    response: z.object({ data: z.object({ n: z.number() }), id: z.string().optional() }),
  },
  async function* ({ count }, ctx) {
    const from = Number(ctx.lastEventId ?? 0);
    for (let n = from + 1; n <= count; n++) yield { id: String(n), data: { n, secret: "stripped" } };
  },
);

beforeAll(async () => {
  const sse = (path: string, handler: (ctx: any) => AsyncGenerator<any>): void => {
    api.sse({ expose: true, path, request: Nothing }, async function* (_, ctx) {
      try {
        yield* handler(ctx);
      } finally {
        ended.push({ path, reason: (ctx.signal.reason as APIError | undefined)?.message });
      }
    });
  };
  sse("/wait", async function* (ctx) {
    yield { event: "hello", data: { same: currentRequest() === ctx } };
    await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
  });
  sse("/silent", async function* ({ signal }) {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    yield { data: "nobody is there to hear it" };
  });
  sse("/refuse", async function* () {
    yield { data: findRoom() };
  });
  sse("/break", async function* () {
    yield { data: 1 };
    throw new Error("broken on purpose");
  });
  sse("/forge", async function* () {
    yield { data: 1, event: "a\ndata: 2" };
  });
  sse("/flood", async function* () {
    for (; yielded < 1_000; yielded++) yield { data: "x".repeat(100_000) };
  });
  api({ expose: true, method: "GET", path: "/plain", request: Nothing }, () => "plain");
  const app = await start({ port: 0, signals: false, banner: false });
  url = app.url!;
});

afterAll(() => stop());

async function open(path: string): Promise<{ response: Response; leave: () => void }> {
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  const response = await fetch(url + path, { signal: controller.signal });
  return { response, leave: () => controller.abort() };
}

/** Reads until the text ends with `end`. */
async function until(response: Response, end: string): Promise<string> {
  const reader = response.body!.getReader();
  let text = "";
  while (!text.endsWith(end)) {
    const { done, value } = await reader.read();
    if (done) break;
    text += Buffer.from(value).toString();
  }
  reader.releaseLock();
  return text;
}

async function raw(path: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => undefined);
  await once(socket, "connect");
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
  return socket;
}

test("events are sent as their type says, to the end", async () => {
  const { response } = await open("/numbers/2");
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  expect(await response.text()).toBe('id: 1\ndata: {"n":1}\n\nid: 2\ndata: {"n":2}\n\n');
});

test("a client that connects again says where it stopped", async () => {
  const response = await fetch(`${url}/numbers/3`, { headers: { "last-event-id": "2" } });
  expect(await response.text()).toBe('id: 3\ndata: {"n":3}\n\n');
});

test("what the request's type refuses is refused before the handler runs", async () => {
  expect((await open("/numbers/many")).response.status).toBe(400);
});

test("an event reaches the client while the handler waits, in the request's context", async () => {
  const { response } = await open("/wait");
  expect(await until(response, "\n\n")).toBe('event: hello\ndata: {"same":true}\n\n');
});

test("a client is told of the stream before its first event", async () => {
  const { response } = await open("/silent");
  expect(response.status).toBe(200);
});

test("what is thrown before the first event is the answer", async () => {
  const { response } = await open("/refuse");
  expect([response.status, await response.json()]).toEqual([
    404,
    { code: "not_found", message: "no such room", details: null },
  ]);
});

test.each([["/break", "broken on purpose"]])(
  "%s breaks the stream off and is logged",
  async (path, message) => {
    const error = vi.spyOn(log, "error").mockImplementation(() => undefined);
    onTestFinished(() => error.mockRestore());
    await expect(open(path).then(({ response }) => response.text())).rejects.toThrow();
    await vi.waitFor(() => expect(String(error.mock.calls[0]?.[0])).toContain(message));
  },
);

test("a first event that could end itself early is answered 500 and logged", async () => {
  const error = vi.spyOn(log, "error").mockImplementation(() => undefined);
  onTestFinished(() => error.mockRestore());
  const { response } = await open("/forge");
  expect(response.status).toBe(500);
  expect(await response.json()).toMatchObject({ code: "internal" });
  expect(String(error.mock.calls[0]?.[0])).toContain("line break");
});

test("a client that leaves ends the generator", async () => {
  ended.length = 0;
  const { response, leave } = await open("/wait");
  await until(response, "\n\n");
  leave();
  await vi.waitFor(() => expect(ended).toEqual([{ path: "/wait", reason: "the caller disconnected" }]), {
    timeout: 10_000,
  });
});

test("a client that does not read holds the generator up", async () => {
  const socket = await raw("/flood");
  socket.pause();
  let before = -1;
  await vi.waitFor(
    async () => {
      [before] = [yielded];
      await sleep(300);
      expect(yielded).toBe(before);
    },
    { timeout: 20_000 },
  );
  expect(yielded).toBeGreaterThan(0);
  expect(yielded).toBeLessThan(200);
  socket.resume();
  await vi.waitFor(() => expect(yielded).toBeGreaterThan(before + 50), { timeout: 20_000 });
});

test("three hundred streams keep no request out", async () => {
  const sockets = await Promise.all(Array.from({ length: 300 }, () => raw("/silent")));
  await vi.waitFor(async () => expect(await (await fetch(`${url}/plain`)).json()).toBe("plain"));
  const heads = await Promise.all(sockets.map(async (socket) => String(await once(socket, "data"))));
  expect(heads.every((head) => head.startsWith("HTTP/1.1 200"))).toBe(true);
  expect((await fetch(`${url}/plain`)).status).toBe(200);
});

test("called as a function it is its generator", async () => {
  const events: unknown[] = [];
  for await (const event of numbers({ count: 1 })) events.push(event);
  expect(events).toEqual([{ id: "1", data: { n: 1 } }]);
});

test("a stop ends streams and does not wait for them", async () => {
  ended.length = 0;
  const { response } = await open("/wait");
  const began = Date.now();
  await stop();
  expect(Date.now() - began).toBeLessThan(5_000);
  expect(await response.text()).toBe('event: hello\ndata: {"same":true}\n\n');
  expect(ended.filter(({ path }) => path === "/wait")).toEqual([
    { path: "/wait", reason: "the app is stopping" },
  ]);
});
