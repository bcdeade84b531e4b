import { expect, test } from "vitest";
import type { LogLine, TraceSummary } from "../../contract.ts";
import { admitsLine, keep, levelName, mergeLines } from "../logs/log-list.ts";
import { admits, mergeTraces, traceQuery } from "../requests/trace-list.ts";

function trace(traceId: string, startMs: number, more: Partial<TraceSummary> = {}): TraceSummary {
  return {
    traceId,
    name: "POST /links",
    kind: "request",
    service: "links",
    status: "ok",
    statusCode: 200,
    startMs,
    durationMs: 12,
    spans: 3,
    refusal: null,
    ...more,
  };
}

const ALL = { text: "", kind: "", errors: false, minMs: 0 };

test("the newest traces are kept, and one that is told again is replaced", () => {
  const list = mergeTraces([trace("a", 1), trace("b", 2)], [trace("c", 3), trace("a", 1, { spans: 9 })], 3);
  expect(list.map(({ traceId, spans }) => [traceId, spans])).toEqual([
    ["c", 3],
    ["b", 3],
    ["a", 9],
  ]);
  expect(mergeTraces(list, [trace("d", 4)], 2).map(({ traceId }) => traceId)).toEqual(["d", "c"]);
  expect(mergeTraces(list, [], 1)).toBe(list);
});

test("filters admit what they say, here and in the query", () => {
  const slow = trace("a", 1, { durationMs: 900, status: "error", kind: "cron" });
  expect(admits(ALL, slow)).toBe(true);
  expect(admits({ ...ALL, text: "LINKS" }, slow)).toBe(true);
  expect(admits({ ...ALL, text: "orders" }, slow)).toBe(false);
  expect(admits({ ...ALL, kind: "request" }, slow)).toBe(false);
  const outside = trace("c", 1, { kind: "call" });
  expect([admits(ALL, outside), admits({ ...ALL, kind: "operations" }, outside)]).toEqual([true, false]);
  expect(admits({ ...ALL, kind: "operations" }, slow)).toBe(true);
  expect(traceQuery({ ...ALL, kind: "operations" }, 9, null)).toBe("limit=9");
  expect(admits({ ...ALL, errors: true }, trace("b", 1))).toBe(false);
  expect(admits({ ...ALL, minMs: 500 }, trace("b", 1))).toBe(false);
  expect(traceQuery({ text: " a&b ", kind: "cron", errors: true, minMs: 500 }, 50, "x")).toBe(
    "limit=50&before=x&q=a%26b&kind=cron&errors=true&minMs=500",
  );
});

function line(number: number, timeMs: number, more: Partial<LogLine> = {}): LogLine {
  return { number, timeMs, level: 30, message: "served request", fields: {}, ...more };
}

test("lines of two processes with one number are two lines", () => {
  const list = mergeLines(keep([line(1, 10)], "a"), keep([line(1, 20), line(2, 20)], "b"), 10);
  expect(list.map(({ key }) => key)).toEqual(["b:2", "b:1", "a:1"]);
  expect(mergeLines(list, keep([line(2, 20)], "b"), 2).map(({ key }) => key)).toEqual(["b:2", "b:1"]);
});

test("lines are found by level, text and trace", () => {
  const found = line(1, 1, { level: 50, fields: { trace_id: "t1", user: "Ada" } });
  const filter = { text: "", level: 0, traceId: "" };
  expect(admitsLine({ ...filter, level: 40, text: "ada", traceId: "t1" }, found)).toBe(true);
  expect(admitsLine({ ...filter, level: 60 }, found)).toBe(false);
  expect(admitsLine({ ...filter, traceId: "t2" }, found)).toBe(false);
  expect(admitsLine({ ...filter, text: "bob" }, found)).toBe(false);
  expect([10, 30, 35, 60, 5].map(levelName)).toEqual(["trace", "info", "info", "fatal", "trace"]);
});
