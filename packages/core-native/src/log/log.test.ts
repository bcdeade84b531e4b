import { expect, test, vi } from "vitest";
import { APIError } from "../errors/error.ts";
import { createLogger, type Logger, type LoggerOptions } from "./log.ts";
import { jsonLines } from "./log-line.ts";
import { LogSink } from "./log-sink.ts";

function recorded(options: LoggerOptions = {}): {
  log: Logger;
  lines: string[];
  last: () => Record<string, unknown>;
} {
  const lines: string[] = [];
  const log = createLogger({
    format: jsonLines({ pid: 1, hostname: "h" }),
    level: "trace",
    now: () => 7,
    write: (line) => lines.push(line),
    ...options,
  });
  return { log, lines, last: () => JSON.parse(lines.at(-1)!) };
}

test("a line is one JSON object in pino's shape", () => {
  const { log, lines } = recorded();
  log.info("link created", { id: "x7", count: 2, ok: true, none: null, gone: undefined });
  expect(lines).toEqual([
    '{"level":30,"time":7,"pid":1,"hostname":"h","msg":"link created","id":"x7","count":2,"ok":true,"none":null}\n',
  ]);
});

test("each level has pino's number", () => {
  const { log, lines } = recorded();
  for (const level of ["trace", "debug", "info", "warn", "error", "fatal"] as const) log[level]("x");
  expect(lines.map((line) => JSON.parse(line).level)).toEqual([10, 20, 30, 40, 50, 60]);
});

test("lines below the level are not written, and silent writes none", () => {
  const { log, lines } = recorded({ level: "warn" });
  log.info("no");
  log.warn("yes");
  expect(lines).toHaveLength(1);
  expect([log.enabled("info"), log.enabled("error")]).toEqual([false, true]);
  const silent = recorded({ level: "silent" });
  silent.log.fatal("no");
  expect(silent.lines).toEqual([]);
});

test("an error carries its type, message, stack, code and cause", () => {
  const { log, last } = recorded();
  const cause = Object.assign(new RangeError("inner"), { code: "E1" });
  log.error(APIError.notFound("no such link", cause), "lookup failed", { id: 1 });
  expect(last()).toMatchObject({
    level: 50,
    msg: "lookup failed",
    id: 1,
    err: { type: "APIError", message: "no such link", code: "not_found", stack: expect.any(String) },
  });
  expect(last().err).toMatchObject({ cause: { type: "RangeError", message: "inner", code: "E1" } });
});

test("without a message an error's own is used, with or without fields", () => {
  const { log, last } = recorded();
  log.error(new Error("boom"));
  expect(last()).toMatchObject({ msg: "boom", err: { message: "boom" } });
  log.error(new Error("boom"), { id: 1 });
  expect(last()).toMatchObject({ msg: "boom", id: 1 });
  log.error(null);
  expect(last()).toMatchObject({ msg: "null", err: null });
});

test("with() adds its fields to each line, and the line's own win", () => {
  const { log, lines } = recorded();
  const child = log.with({ trace: "t", id: 1 }).with({ part: "api" });
  child.info("x", { id: 2 });
  log.info("y");
  expect(lines).toEqual([
    '{"level":30,"time":7,"pid":1,"hostname":"h","msg":"x","trace":"t","id":2,"part":"api"}\n',
    '{"level":30,"time":7,"pid":1,"hostname":"h","msg":"y"}\n',
  ]);
});

test("fields cannot stand in for the line's own names", () => {
  const { log, last } = recorded();
  log.info("real", { msg: "fake", level: 60, time: 0 });
  expect(last()).toEqual({
    level: 30,
    time: 7,
    pid: 1,
    hostname: "h",
    msg: "real",
    msg_: "fake",
    level_: 60,
    time_: 0,
  });
});

test("hostile values are written as far as they can be, each as one line", () => {
  const { log, lines, last } = recorded();
  const cycle: Record<string, unknown> = { name: "c" };
  cycle.self = cycle;
  const thrower = {
    ok: 1,
    get bad(): never {
      throw new Error("getter");
    },
  };
  const badError = new Error("x");
  Object.defineProperty(badError, "message", {
    get() {
      throw new Error("getter");
    },
  });
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const endless = (): object => ({
    get next() {
      return endless();
    },
  });
  const line = "a\nb\u2028c";
  log.info(line, { line, big: 1n, nan: NaN, cycle, thrower, badError, sym: Symbol("s"), fn: () => 1 });
  log.info("proxy", { proxy: revoked.proxy, endless: endless(), bigs: [1n], bare: Object.create(null) });
  log.info("fields", revoked.proxy as never);
  log.error(revoked.proxy);
  log.error(badError, undefined as never);
  for (const text of lines) expect(text.indexOf("\n")).toBe(text.length - 1);
  expect(JSON.parse(lines[0]!)).toMatchObject({
    msg: line,
    big: "1",
    nan: "NaN",
    cycle: { name: "c", self: "[circular]" },
    thrower: { ok: 1, bad: "[threw]" },
    badError: { type: "Error", message: "[threw]" },
    sym: "Symbol(s)",
    fn: "[function]",
  });
  expect(JSON.parse(lines[1]!)).toMatchObject({ proxy: "[threw]", bigs: ["1"] });
  expect(last()).toMatchObject({ err: { message: "[threw]" } });
});

test("a pretty line shows fields, the stack below, and no control characters of others", () => {
  const { log, lines } = recorded({
    format: "pretty",
    colours: false,
    now: () => new Date(2020, 0, 1, 2, 3, 4, 5).getTime(),
  });
  log.info("hello\u001b[31m", { id: "x7", text: "two words" });
  expect(lines[0]).toBe('02:03:04.005 INFO  hello\\x1b[31m id=x7 text="two words"\n');
  log.error(new Error("boom", { cause: new Error("inner") }), "failed");
  expect(lines[1]).toMatch(
    /^02:03:04\.005 ERROR failed\n {4}Error: boom\n {8,}at [^]*caused by Error: inner\n/,
  );
});

test("colours are used when asked for", () => {
  const { log, lines } = recorded({ format: "pretty", colours: true });
  log.warn("x");
  expect(lines[0]).toContain("WARN");
});

test("the environment sets the level, and a level that is none is told", () => {
  vi.stubEnv("LOG_LEVEL", "error");
  const lines: string[] = [];
  createLogger({ format: "json", write: (line) => lines.push(line) }).warn("no");
  expect(lines).toEqual([]);
  vi.stubEnv("LOG_LEVEL", "loud");
  createLogger({ format: "json", write: (line) => lines.push(line) }).info("yes");
  vi.unstubAllEnvs();
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual(["unknown LOG_LEVEL; info is used", "yes"]);
});

function sinkOf(): { sink: LogSink; written: string[]; fail: (error: Error) => void } {
  const written: string[] = [];
  let fail: (error: Error) => void = () => {};
  const sink = new LogSink(() => ({
    write: (text, done) => {
      written.push(text);
      if (done) setImmediate(done);
      return true;
    },
    on: (_event, listener) => (fail = listener),
  }));
  return { sink, written, fail: (error) => fail(error) };
}

test("redactors see each line, in order, until they are removed", () => {
  const { sink, written } = sinkOf();
  const remove = sink.addRedactor((line) => line.replaceAll("hunter2", "***"));
  sink.addRedactor((line) => line.replaceAll("***", "[secret]"));
  sink.write("pw hunter2\n");
  remove();
  sink.write("pw hunter2\n");
  expect(written).toEqual(["pw [secret]\n", "pw hunter2\n"]);
});

test("a line whose redactor fails is withheld", () => {
  const { sink, written } = sinkOf();
  sink.addRedactor(() => {
    throw new Error("x");
  });
  sink.write("pw hunter2\n");
  expect(written[0]).not.toContain("hunter2");
  expect(JSON.parse(written[0]!).msg).toContain("withheld");
});

test("flush resolves when the stream has taken all lines, and at once when there are none", async () => {
  const { sink, written } = sinkOf();
  await sink.flush();
  expect(written).toEqual([]);
  sink.write("x\n");
  await sink.flush();
  expect(written).toEqual(["x\n", ""]);
});

test("a reader that goes away ends the logging, not the process", async () => {
  const { sink, written, fail } = sinkOf();
  sink.write("x\n");
  fail(new Error("EPIPE"));
  sink.write("y\n");
  await sink.flush();
  expect(written).toEqual(["x\n"]);
});

test("an error after the message is taken as err, and a plain value as value", () => {
  const lines: string[] = [];
  const logger = createLogger({ format: "json", now: () => 0, write: (line) => lines.push(line) });
  logger.error("error sending", new Error("refused"));
  logger.error("error sending", new Error("refused"), { user: 7 });
  logger.warn("odd", "text" as never);
  const [plain, withFields, odd] = lines.map((line) => JSON.parse(line) as Record<string, any>);
  expect(plain).toMatchObject({ msg: "error sending", err: { type: "Error", message: "refused" } });
  expect(plain!["err"].stack).toContain("refused");
  expect(withFields).toMatchObject({ msg: "error sending", err: { message: "refused" }, user: 7 });
  expect(odd).toMatchObject({ msg: "odd", value: "text" });
});

test("a thrown object that says nothing of itself is told by its class", () => {
  const lines: string[] = [];
  const logger = createLogger({ format: "json", now: () => 0, write: (line) => lines.push(line) });
  class Hostile {
    toString(): string {
      throw new Error("no");
    }
  }
  logger.error(new Hostile(), "the endpoint failed");
  logger.error({}, "the endpoint failed");
  logger.error({ a: 1 }, "the endpoint failed");
  const errors = lines.map((line) => (JSON.parse(line) as { err: unknown }).err);
  expect(errors).toEqual([
    { type: "Hostile", message: "a thrown value that cannot be shown" },
    { type: "object", message: "[object Object]" },
    { a: 1 },
  ]);
});

test("fields alone are the line's fields", () => {
  const lines: string[] = [];
  const logger = createLogger({
    format: jsonLines({ pid: 1, hostname: "h" }),
    now: () => 0,
    write: (line) => lines.push(line),
  });
  logger.info({ user: 7, at: new Date(0) });
  logger.with({ job: "a" }).info({ user: 8 }, { more: true });
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { level: 30, time: 0, pid: 1, hostname: "h", msg: "", user: 7, at: "1970-01-01T00:00:00.000Z" },
    { level: 30, time: 0, pid: 1, hostname: "h", msg: "", job: "a", user: 8, more: true },
  ]);
});

test("collections are shown with what they hold, also within what JSON refuses", () => {
  const lines: string[] = [];
  const logger = createLogger({ format: "json", now: () => 0, write: (line) => lines.push(line) });
  const held = {
    map: new Map<string, unknown>([["a", new Set([1, 2n])]]),
    pairs: new Map<unknown, unknown>([[1, "one"]]),
    bytes: new Uint8Array([1, 2, 3]),
    view: new DataView(new Uint8Array([4, 5]).buffer),
    buffer: new Uint8Array([6]).buffer,
    node: Buffer.from([7]),
    big: new BigInt64Array([8n]),
    at: new Date(0),
  };
  const shown = {
    map: { a: [1, "2"] },
    pairs: [[1, "one"]],
    bytes: [1, 2, 3],
    view: [4, 5],
    buffer: [6],
    node: { type: "Buffer", data: [7] },
    big: ["8"],
    at: "1970-01-01T00:00:00.000Z",
  };
  const cyclic: Record<string, unknown> = { ...held };
  cyclic["self"] = cyclic;
  logger.info("held", { held, cyclic });
  expect(JSON.parse(lines[0]!)).toMatchObject({ held: shown, cyclic: { ...shown, self: "[circular]" } });
});
