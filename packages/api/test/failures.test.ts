import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { buildApp } from "./built-app.ts";
import type { AppProcess } from "./app-process.ts";

const SOURCE = `
import { api, APIError, log, start } from "@twinloop/api";
import { TwinloopError } from "@twinloop/core-native";

const mode = { check: "passes", asked: 0 };

export const fails = api({ expose: true, method: "GET", path: "/fails/:code" }, async ({ code }: { code: string }): Promise<string> => {
  throw new TwinloopError(code, "could not reach 10.0.0.1 as admin");
});
export const wraps = api({ expose: true, method: "GET", path: "/wraps/:code" }, async ({ code }: { code: string }): Promise<string> => {
  throw new Error("Failed query: select 1", { cause: new TwinloopError(code, "could not reach 10.0.0.1") });
});
export const anyOf = api({ expose: true, method: "GET", path: "/any/:codes" }, async ({ codes }: { codes: string }): Promise<string> => {
  return Promise.any(codes.split(",").map(async (code): Promise<string> => { throw new TwinloopError(code, "could not reach 10.0.0.1"); }));
});
export const details = api({ expose: true, method: "GET", path: "/details" }, async (): Promise<string> => {
  const cycle: any = {};
  cycle.self = cycle;
  throw APIError.aborted("a conflict").withDetails(cycle);
});
export const throwsObject = api({ expose: true, method: "GET", path: "/object" }, async (): Promise<string> => {
  class Hostile { toString(): string { throw new Error("no"); } }
  throw new Hostile();
});
export const logs = api({ expose: true, method: "GET", path: "/logs" }, async () => {
  log.error("error sending", new Error("refused"));
});
export const setsMode = api({ expose: true, path: "/mode" }, async ({ check }: { check: string }) => { mode.check = check; });
export const asked = api({ expose: true, method: "GET", path: "/asked" }, async () => mode.asked);

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
export const sse1 = api.sse({ expose: true, path: "/later-at-once" }, async function* () { yield { data: "1" }; yield { data: "2" }; throw new Error("later"); });
export const sse2 = api.sse({ expose: true, path: "/later" }, async function* () { yield { data: "1" }; await wait(20); throw new Error("later"); });
export const sse3 = api.sse({ expose: true, path: "/first" }, async function* (): AsyncGenerator<{ data: string }> { throw new Error("first"); });
export const sse4 = api.sse({ expose: true, path: "/not-found" }, async function* (): AsyncGenerator<{ data: string }> { throw APIError.notFound("no such room"); });
export const sse5 = api.sse({ expose: true, path: "/retry-fraction" }, async function* () { yield { data: "x", retry: 1.5 }; });
export const sse6 = api.sse({ expose: true, path: "/retry-negative" }, async function* () { yield { data: "x", retry: -1 }; });
export const sse7 = api.sse({ expose: true, path: "/retry-nan" }, async function* () { yield { data: "x", retry: NaN }; });
export const sse8 = api.sse({ expose: true, path: "/event-break" }, async function* () { yield { data: "x", event: "a\\nb" }; });
export const sse9 = api.sse({ expose: true, path: "/id-nul" }, async function* () { yield { data: "x", id: "a\\0b" }; });
export const sse10 = api.sse({ expose: true, path: "/retry-second" }, async function* () { yield { data: "1" }; yield { data: "2", retry: -1 }; });
export const sse11 = api.sse({ expose: true, path: "/good" }, async function* () { yield { data: "1", retry: 0, id: 7, event: "e" }; });
export const sse12 = api.sse({ expose: true, path: "/empty" }, async function* () {});
export const sse13 = api.sse({ expose: true, path: "/empty-after-all" }, async function* (): AsyncGenerator<{ data: string }> {});

const app = await start({
  banner: false,
  health: {
    checkTimeout: 200,
    checks: {
      mail: async () => {
        mode.asked++;
        if (mode.check === "throws") throw new Error("smtp://user:hunter2@mail is down");
        if (mode.check === "hangs") await new Promise(() => undefined);
        return mode.check !== "false";
      },
    },
  },
});
console.log("listening " + app.url);
`;

const undo: (() => void)[] = [];
let app: AppProcess;

beforeAll(async () => {
  const built = await buildApp(SOURCE, (step) => undo.push(step));
  app = await built.run();
  if (app.url === "") throw new Error(`the app did not start:\n${app.output()}`);
});

afterAll(() => undo.reverse().forEach((step) => step()));

/** The bytes of an answer until the server closes the connection or ends the message. */
function raw(path: string): Promise<string> {
  const { hostname, port } = new URL(app.url);
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(Number(port), hostname, () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    });
    socket.on("data", (chunk) => (text += chunk.toString()));
    socket.on("error", reject);
    socket.on("close", () => resolve(text));
  });
}

function lines(): readonly Record<string, any>[] {
  const all = app
    .output()
    .split("\n")
    .slice(0, -1)
    .filter((line) => line.startsWith("{"));
  return all.map((line) => JSON.parse(line) as Record<string, any>);
}

/** The first line that fits, once it has come: the app's output is another process's. */
function line(fits: (line: Record<string, any>) => boolean): Promise<Record<string, any>> {
  const find = (): Record<string, any> => {
    const found = lines().find(fits);
    if (found === undefined) throw new Error(`no line fits in:\n${app.output()}`);
    return found;
  };
  return vi.waitFor(find, { timeout: 5_000 });
}

describe("failures of others", () => {
  test.each([
    ["unavailable,connection_lost", 503],
    ["query_timeout,unavailable", 504],
    ["unavailable,23505", 500],
  ])("all of several attempts failed, %s, is %d", async (codes, status) => {
    expect((await fetch(`${app.url}/any/${codes}`)).status).toBe(status);
  });

  test.each([
    ["unavailable", 503, "unavailable", "1"],
    ["acquire_timeout", 503, "unavailable", "1"],
    ["connect_failed", 503, "unavailable", "1"],
    ["connection_lost", 503, "unavailable", "1"],
    ["57P01", 503, "unavailable", "1"],
    ["query_timeout", 504, "deadline_exceeded", null],
    ["deadline_exceeded", 504, "deadline_exceeded", null],
    ["invalid_argument", 500, "internal", null],
    ["23505", 500, "internal", null],
  ])("%s that nobody caught is %d", async (code, status, told, retryAfter) => {
    for (const path of ["fails", "wraps"]) {
      const answer = await fetch(`${app.url}/${path}/${code}`);
      const body = await answer.text();
      expect([answer.status, answer.headers.get("retry-after")]).toEqual([status, retryAfter]);
      expect(JSON.parse(body)).toMatchObject({ code: told, details: null });
      expect(body).not.toContain("10.0.0.1");
    }
  });

  test("what happened stands in the log, with the name of the endpoint", async () => {
    await fetch(`${app.url}/fails/connect_failed`);
    const told = await line(({ err }) => err?.code === "connect_failed");
    expect(told).toMatchObject({
      msg: "failed to handle a request",
      endpoint: expect.stringContaining("fails"),
    });
    expect(told["err"].message).toContain("10.0.0.1");
  });
});

describe("what is logged", () => {
  test("details that JSON cannot carry are told in the log", async () => {
    expect(await (await fetch(`${app.url}/details`)).json()).toMatchObject({
      code: "aborted",
      details: null,
    });
    await line(({ msg }) => String(msg).startsWith("failed to send the details of an error"));
  });

  test("a thrown object that cannot be shown is told by its class", async () => {
    expect((await fetch(`${app.url}/object`)).status).toBe(500);
    await line(({ err }) => err?.type === "Hostile");
  });

  test("an error in the fields' place is the line's error", async () => {
    await fetch(`${app.url}/logs`);
    expect(await line(({ msg }) => msg === "error sending")).toMatchObject({ err: { message: "refused" } });
  });
});

describe("readiness", () => {
  const ready = async (): Promise<{ status: number; body: unknown }> => {
    const answer = await fetch(`${app.url}/readyz`);
    return { status: answer.status, body: await answer.json() };
  };
  const set = async (check: string): Promise<void> => {
    const headers = { "content-type": "application/json" };
    await fetch(`${app.url}/mode`, { method: "POST", headers, body: JSON.stringify({ check }) });
    await new Promise((resolve) => setTimeout(resolve, 1_050));
  };

  test("the app's own checks are asked for, a failure and a hang are 503 by name", async () => {
    const failed = (reason: string) => ({
      status: 503,
      body: { status: "unavailable", failed: [{ name: "mail", reason }] },
    });
    expect(await ready()).toEqual({ status: 200, body: { status: "ready" } });
    await set("throws");
    expect(await ready()).toEqual(failed("failed"));
    await set("false");
    expect(await ready()).toEqual(failed("failed"));
    await set("passes");
    expect(await ready()).toEqual({ status: 200, body: { status: "ready" } });
    await set("hangs");
    expect(await ready()).toEqual(failed("timed out"));
    expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
    const told = (): string[] =>
      lines()
        .map(({ msg }) => String(msg))
        .filter((msg) => msg.startsWith("health check"));
    await vi.waitFor(() =>
      expect(told()).toEqual([
        "health check mail failed",
        "health check mail passes again",
        "health check mail timed out: no answer within 200 ms",
      ]),
    );
  });

  test("a flood of probes runs them once", async () => {
    await set("passes");
    const count = async (): Promise<number> => Number(await (await fetch(`${app.url}/asked`)).json());
    const before = await count();
    await Promise.all(Array.from({ length: 50 }, ready));
    expect((await count()) - before).toBeLessThanOrEqual(1);
  });
});

describe("server-sent events", () => {
  test.each([
    ["/later-at-once", 'data: "1"\n\n', 'data: "2"\n\n'],
    ["/later", 'data: "1"\n\n'],
    ["/retry-second", 'data: "1"\n\n'],
  ])("what %s yielded arrives before it fails, and the stream ends abnormally", async (path, ...events) => {
    const text = await raw(path);
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    for (const event of events) expect(text).toContain(event);
    expect(text).not.toContain("\r\n0\r\n");
    await line(({ msg, err }) => msg === "broke off an event stream: its handler failed" && err);
  });

  test.each([
    ["/first", "first"],
    ["/retry-fraction", "the retry of an event must be whole milliseconds from 0, found 1.5"],
    ["/retry-negative", "the retry of an event must be whole milliseconds from 0, found -1"],
    ["/retry-nan", "retry"],
    ["/event-break", "the event of an event has a line break or NUL"],
    ["/id-nul", "the id of an event has a line break or NUL"],
  ])("a first event that cannot be sent (%s) is 500, and its reason is logged", async (path, reason) => {
    const text = await raw(path);
    expect(text).toMatch(/^HTTP\/1\.1 500 /);
    expect(text).toContain('"code":"internal"');
    await line(({ err }) => String(err?.message).includes(reason));
  });

  test("an APIError before the first event is the answer", async () => {
    expect(await raw("/not-found")).toMatch(/^HTTP\/1\.1 404 /);
  });

  test.each(["/empty", "/empty-after-all"])(
    "a generator that yields nothing (%s) ends cleanly",
    async (path) => {
      const text = await raw(path);
      expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(text).toContain("content-type: text/event-stream");
      expect(text.endsWith("\r\n\r\n0\r\n\r\n")).toBe(true);
    },
  );

  test("every field that can be sent is", async () => {
    expect(await raw("/good")).toContain('id: 7\nevent: e\nretry: 0\ndata: "1"\n\n');
  });
});
