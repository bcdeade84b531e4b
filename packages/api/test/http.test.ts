import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { api, APIError, currentRequest, ErrCode, log, start, stop, type Context } from "../dist/index.js";

let url = "";
let handled = 0;
const aborts: unknown[] = [];

const Anything = z.unknown();

/** Declares an endpoint that answers POST with whatever `work` gives. */
function post(path: string, work: (input: unknown, context: Context) => unknown, options: object = {}): void {
  api({ expose: true, path, request: Anything, ...options }, (input, context) => {
    handled++;
    return work(input, context);
  });
}

class Hostile {
  get message(): string {
    throw new Error("the message itself throws");
  }
}

const THROWN: Record<string, unknown> = {
  error: new Error("canary-in-message"),
  string: "canary-string",
  null: null,
  undefined: undefined,
  symbol: Symbol("canary"),
  hostile: new Hostile(),
  proxy: new Proxy(
    {},
    {
      get: () => {
        throw new Error("canary-proxy");
      },
    },
  ),
  frozen: Object.freeze(new Error("canary-frozen")),
};

/** What a handler returns that is no plain JSON. */
const RETURNED: Record<string, unknown> = {
  undefined: undefined,
  null: null,
  NaN: { value: Number.NaN },
  infinity: { value: -Infinity },
  function: () => 1,
  "a function within": { value: () => 1, kept: 1 },
  symbol: Symbol("canary"),
  bigint: 1n,
  getter: {
    get value() {
      throw new Error("canary-getter");
    },
  },
  toJSON: {
    toJSON() {
      throw new Error("canary-toJSON");
    },
  },
  proxy: new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error("canary-ownKeys");
      },
    },
  ),
  deep: JSON.parse("[".repeat(5_000) + "]".repeat(5_000)),
  "no prototype": Object.assign(Object.create(null), { value: 1 }),
  date: new Date(0),
  map: new Map([[1, 2]]),
  "a lone surrogate": "\ud800",
};

beforeAll(async () => {
  post("/echo", (input) => input);
  post("/sync", () => ({ sync: true }));
  post("/throw", (kind) => {
    throw THROWN[String(kind)];
  });
  post("/reject", async (kind) => {
    await null;
    throw THROWN[String(kind)];
  });
  post("/missing", () => {
    throw APIError.notFound("no such link").withDetails({ id: 7 });
  });
  post("/cycle", () => {
    const value: Record<string, unknown> = {};
    value["self"] = value;
    return value;
  });
  post("/bigint", () => ({ value: 1n }));
  post("/nothing", () => undefined);
  for (const [kind, value] of Object.entries(RETURNED)) post(encodeURI(`/returns/${kind}`), () => value);
  post("/returns/reentrant", (_input, context) => ({ toJSON: () => `asked for ${context.method}` }));
  post(
    "/slow",
    (_input, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => {
          aborts.push(signal.reason.code);
          resolve(null);
        });
      }),
    { timeout: 200 },
  );
  post(
    "/hang",
    (_input, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          aborts.push(signal.reason.code);
          reject(signal.reason);
        });
      }),
  );
  post("/late", () => new Promise((resolve) => setTimeout(() => resolve("late"), 400)), { timeout: 100 });
  post("/burn", (ms) => {
    for (const until = Date.now() + Number(ms); Date.now() < until;);
    return "burnt";
  });
  post("/context", async (_input, context) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return {
      foo: context.header("X-Foo") ?? null,
      all: context.headers.get("x-foo"),
      method: context.method,
      path: context.path,
      pathAndQuery: context.pathAndQuery,
      same: currentRequest() === (context as unknown),
      trace: context.trace.traceId,
    };
  });
  api(
    {
      expose: true,
      method: "PUT",
      path: "/people/:name",
      request: z.object({
        name: z.string(),
        age: z
          .number()
          .int()
          .min(1)
          .refine((age) => age !== 13, "not thirteen"),
      }),
      response: z.object({ name: z.string(), age: z.number() }),
    },
    async (person) => {
      handled++;
      return { ...person, internal: "stripped" };
    },
  );
  api({ path: "/hidden", request: Anything }, () => "private");
  const app = await start({ port: 0, signals: false, banner: false });
  url = app.url!;
});

afterEach(() => vi.restoreAllMocks());
afterAll(() => stop());

async function send(
  path: string,
  body: unknown,
  init: RequestInit = {},
): Promise<{ status: number; body: any; headers: Headers }> {
  const response = await fetch(url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
    ...init,
  });
  const text = await response.text();
  return {
    status: response.status,
    body: text === "" ? undefined : JSON.parse(text),
    headers: response.headers,
  };
}

test("a body crosses to the handler and back unchanged", async () => {
  const value = {
    text: 'quote " and \\ and é 😀 \u2028',
    list: [1, -0.5, 1e300, true, null],
    nested: { "": {} },
  };
  expect((await send("/echo", value)).body).toEqual(value);
});

test("a synchronous handler answers as an asynchronous one does", async () => {
  expect(await send("/sync", null)).toMatchObject({ status: 200, body: { sync: true } });
});

test("a thousand concurrent requests each get their own answer", async () => {
  const answers = await Promise.all(
    Array.from({ length: 1000 }, (_, i) => send("/echo", { i, text: i % 3 ? "a" : "é" })),
  );
  expect(answers.map(({ body }) => body.i)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
});

test("an APIError is answered with its code, message and details", async () => {
  expect(await send("/missing", null)).toMatchObject({
    status: 404,
    body: { code: "not_found", message: "no such link", details: { id: 7 } },
  });
});

test.each(Object.keys(THROWN))(
  "S19: a thrown %s is 500 without detail, and all of it is in the log",
  async (kind) => {
    const logged = vi.spyOn(log, "error").mockImplementation(() => undefined);
    for (const path of ["/throw", "/reject"]) {
      const { status, body } = await send(path, JSON.stringify(kind));
      expect(status).toBe(500);
      expect(body).toEqual({ code: ErrCode.Internal, message: "an internal error occurred", details: null });
    }
    expect(logged).toHaveBeenCalledTimes(2);
    const [thrown, message, fields] = logged.mock.calls[0] as unknown[];
    expect(Object.is(thrown, THROWN[kind])).toBe(true);
    expect(message).toBe("failed to handle a request");
    expect(fields).toMatchObject({
      trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      span_id: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
  },
);

test.each(["/cycle", "/bigint"])("S20: a result that JSON cannot carry (%s) is 500", async (path) => {
  const logged = vi.spyOn(log, "error").mockImplementation(() => undefined);
  expect((await send(path, null)).status).toBe(500);
  expect(logged).toHaveBeenCalledOnce();
});

/** What is answered where it can be; all else is 500 without a word of it. */
const ANSWERED: Record<string, unknown> = {
  null: null,
  NaN: { value: null },
  infinity: { value: null },
  "a function within": { kept: 1 },
  "no prototype": { value: 1 },
  date: "1970-01-01T00:00:00.000Z",
  map: {},
  "a lone surrogate": "\ud800",
  reentrant: "asked for POST",
};

test.each([...Object.keys(RETURNED), "reentrant"])(
  "S20: a handler that returns %s gets a defined answer",
  async (kind) => {
    const logged = vi.spyOn(log, "error").mockImplementation(() => undefined);
    const { status, body } = await send(encodeURI(`/returns/${kind}`), null);
    if (kind === "undefined") return expect({ status, body }).toEqual({ status: 200, body: undefined });
    if (kind in ANSWERED) return expect({ status, body }).toEqual({ status: 200, body: ANSWERED[kind] });
    expect(status).toBe(500);
    expect(body).toEqual({ code: ErrCode.Internal, message: "an internal error occurred", details: null });
    expect(logged).toHaveBeenCalledOnce();
  },
);

test("a schema in the options is checked in Rust, its refinement in JavaScript, and its response stripped", async () => {
  const put = (body: unknown) => send("/people/ann", body, { method: "PUT" });
  expect(await put({ age: 7, extra: 1 })).toMatchObject({ status: 200, body: { name: "ann", age: 7 } });
  const before = handled;
  expect(await put({ age: 0 })).toMatchObject({
    status: 400,
    body: { details: { issues: [{ at: "body.age" }] } },
  });
  expect(await put({ age: 13 })).toMatchObject({ status: 400, body: { code: "invalid_argument" } });
  expect(handled).toBe(before);
});

test("malformed bodies run no handler", async () => {
  const before = handled;
  const bad = [
    "",
    "{",
    "[1,]",
    '{"a":1}x',
    '{"a":01}',
    '"\\ud800"',
    "\ufeff{}",
    "[".repeat(100_000),
    '{"a":1e400}',
    "nul",
  ];
  for (const body of bad)
    expect((await send("/echo", body)).status, JSON.stringify(body.slice(0, 20))).toBe(400);
  expect(handled).toBe(before);
});

test("__proto__ in a body touches no prototype", async () => {
  const { status, body } = await send("/echo", '{"__proto__":{"polluted":true},"a":1}');
  if (status === 200) expect(Object.keys(body)).toContain("__proto__");
  else expect(status).toBe(400);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test("unknown paths, wrong methods and private endpoints are answered by Rust", async () => {
  const before = handled;
  expect((await send("/nope", {})).status).toBe(404);
  expect((await send("/hidden", {})).status).toBe(404);
  const wrong = await fetch(url + "/echo");
  expect(wrong.status).toBe(405);
  expect(wrong.headers.get("allow")).toContain("POST");
  expect((await send("/echo", "{}", { headers: { "content-type": "text/plain" } })).status).toBe(415);
  expect((await send("/echo", JSON.stringify("x".repeat(3_000_000)))).status).toBe(413);
  expect(handled).toBe(before);
});

test("the context reads headers from Rust and survives awaits", async () => {
  const { body, headers } = await send("/context?q=1", null, {
    headers: { "content-type": "application/json", "x-foo": "bar" },
  });
  expect(body).toMatchObject({
    foo: "bar",
    all: "bar",
    method: "POST",
    path: "/context",
    pathAndQuery: "/context?q=1",
    same: true,
  });
  expect(headers.get("x-request-id")).toBe(body.trace);
});

test("a time limit is answered 504 and aborts the signal", async () => {
  expect(await send("/slow", null)).toMatchObject({ status: 504, body: { code: "deadline_exceeded" } });
  await vi.waitFor(() => expect(aborts).toContain("deadline_exceeded"));
});

test("S13: an answer after the time limit reaches nobody, and the next request gets its own", async () => {
  expect((await send("/late", null)).status).toBe(504);
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect((await send("/echo", "mine".length)).body).toBe(4);
});

test("S13: a client that goes away aborts the signal", async () => {
  aborts.length = 0;
  const controller = new AbortController();
  const gone = send("/hang", null, { signal: controller.signal }).catch(() => "gone");
  await new Promise((resolve) => setTimeout(resolve, 50));
  controller.abort();
  expect(await gone).toBe("gone");
  // A client that closed its sending side may still wait for its answer: it is given a second.
  await vi.waitFor(() => expect(aborts).toContain("canceled"), { timeout: 4000 });
});

test("an endpoint can be called as a function", async () => {
  const double = api({ path: "/double", request: z.object({ n: z.number() }) }, async ({ n }) => ({
    n: n * 2,
  }));
  await expect(double({ n: 21 })).resolves.toEqual({ n: 42 });
});
