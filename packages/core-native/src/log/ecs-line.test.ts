import { expect, test } from "vitest";
import { ecsLines } from "./ecs-line.ts";
import { createLogger, type Logger } from "./log.ts";

function recorded(service?: string): { log: Logger; last: () => Record<string, unknown> } {
  const lines: string[] = [];
  const format = ecsLines({ pid: 42, hostname: "web-1" }, () => service);
  const log = createLogger({ format, now: () => 1_700_000_000_000, write: (line) => lines.push(line) });
  return { log, last: () => JSON.parse(lines.at(-1)!) as Record<string, unknown> };
}

test("a line has the schema's names", () => {
  const { log, last } = recorded("shop");
  log.warn("stock is low", { trace_id: "t", span_id: "s", left: 2 });
  expect(last()).toEqual({
    "@timestamp": "2023-11-14T22:13:20.000Z",
    "log.level": "warn",
    message: "stock is low",
    "ecs.version": "8.11.0",
    "service.name": "shop",
    "process.pid": 42,
    "host.hostname": "web-1",
    "trace.id": "t",
    "span.id": "s",
    left: 2,
  });
});

test("an error is its type, message, code and stack, with the stacks of its causes", () => {
  const { log, last } = recorded();
  const cause = new RangeError("too many");
  log.error(Object.assign(new TypeError("failed", { cause }), { code: 7 }), "could not pay");
  const line = last();
  expect(line).toMatchObject({
    message: "could not pay",
    "error.type": "TypeError",
    "error.message": "failed",
    "error.code": "7",
  });
  expect(line["error.stack_trace"]).toMatch(/TypeError: failed[^]*caused by RangeError: too many/);
  expect(line).not.toHaveProperty("err");
  log.error(null);
  expect(last()["error.message"]).toBe("null");
});

test("a field of a name that the schema uses otherwise does not spoil the document", () => {
  const { log, last } = recorded();
  log.info("x", { user: 5, message: "mine", host: "h", __proto__x: 1 });
  expect(last()).toMatchObject({ message: "x", user_: 5, message_: "mine", host_: "h", __proto__x: 1 });
});
