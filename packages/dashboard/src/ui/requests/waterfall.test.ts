import { expect, test } from "vitest";
import type { SpanAnswer } from "../../contract.ts";
import { layOutWaterfall, ticksOf, visibleRows } from "./waterfall.ts";

function span(spanId: string, parentSpanId: string | null, startMs: number, durationMs: number): SpanAnswer {
  return {
    spanId,
    parentSpanId,
    name: spanId,
    kind: "internal",
    startMs,
    durationMs,
    status: "unset",
    message: null,
    attributes: {},
    events: [],
    links: [],
  };
}

test("parents stand before their children, siblings by their start, bars in their place", () => {
  const { rows, totalMs, startMs } = layOutWaterfall([
    span("query", "handler", 130, 50),
    span("request", "elsewhere", 100, 100),
    span("handler", "request", 120, 80),
    span("validate", "request", 100, 10),
    span("process", "query", 220, 80),
  ]);
  expect([startMs, totalMs]).toEqual([100, 200]);
  expect(rows.map(({ span, depth, parent }) => [span.name, depth, parent])).toEqual([
    ["request", 0, -1],
    ["validate", 1, 0],
    ["handler", 1, 0],
    ["query", 2, 2],
    ["process", 3, 3],
  ]);
  expect(rows.map(({ left, width }) => [left, width])).toEqual([
    [0, 0.5],
    [0, 0.05],
    [0.1, 0.4],
    [0.15, 0.25],
    [0.6, 0.4],
  ]);
});

test("circles of parents, spans of no length and empty traces are laid out all the same", () => {
  const circle = layOutWaterfall([span("a", "b", 0, 0), span("b", "a", 0, 0)]);
  expect(circle.rows.map(({ span, depth }) => [span.name, depth])).toEqual([
    ["a", 0],
    ["b", 1],
  ]);
  expect(circle.rows.every(({ left, width }) => left === 0 && width === 0)).toBe(true);
  expect(layOutWaterfall([])).toEqual({ startMs: 0, totalMs: 0, rows: [], ticks: [0] });
});

test("20,000 nested spans overflow no stack", () => {
  const spans = Array.from({ length: 20_000 }, (_, index) =>
    span(`s${index}`, index === 0 ? null : `s${index - 1}`, index, 1),
  );
  expect(layOutWaterfall(spans).rows.at(-1)?.depth).toBe(19_999);
});

test("the axis has round steps", () => {
  expect(ticksOf(200)).toEqual([0, 50, 100, 150, 200]);
  expect(ticksOf(0.9)).toEqual([0, 0.2, 0.4, 0.6, 0.8]);
  expect(ticksOf(1234)).toEqual([0, 500, 1000]);
  for (const total of [1, 3, 7, 11, 49, 99, 101, 640]) expect(ticksOf(total).length).toBeLessThanOrEqual(6);
});

test("a closed span hides all below it", () => {
  const { rows } = layOutWaterfall([
    span("a", null, 0, 9),
    span("b", "a", 1, 5),
    span("c", "b", 2, 2),
    span("d", "a", 7, 1),
  ]);
  expect(visibleRows(rows, new Set(["b"]))).toEqual([0, 1, 3]);
  expect(visibleRows(rows, new Set(["a"]))).toEqual([0]);
  expect(visibleRows(rows, new Set())).toEqual([0, 1, 2, 3]);
});
