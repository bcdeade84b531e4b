import { expect, test } from "vitest";
import { WorkTrace } from "./trace.ts";

const ID = "4bf92f3577b34da6a3ce929d0e0e4736";

function traceOf(traceparent?: string, tracestate?: string): WorkTrace {
  return new WorkTrace(ID, (name) => ({ traceparent, tracestate })[name]);
}

test("an operation that a call has caused goes on with its trace, flags and state", () => {
  const trace = traceOf(`00-${ID}-00f067aa0ba902b7-00`, "congo=t61,rojo=1");
  expect(trace.parentSpanId).toBe("00f067aa0ba902b7");
  expect(trace.traceparent).toBe(`00-${ID}-${trace.spanId}-00`);
  expect(trace.spanId).toMatch(/^[0-9a-f]{16}$/);
  expect(trace.tracestate).toBe("congo=t61,rojo=1");
});

test("an operation that Rust records has the span and the choice of Rust", () => {
  const parent = `00-${ID}-00f067aa0ba902b7-01`;
  const known: Record<string, string> = { "span-id": "b7ad6b7169203331", sampled: "0", traceparent: parent };
  const trace = new WorkTrace(ID, (name) => known[name]);
  expect(trace.spanId).toBe("b7ad6b7169203331");
  expect(trace.traceparent).toBe(`00-${ID}-b7ad6b7169203331-00`);
  expect(trace.parentSpanId).toBe("00f067aa0ba902b7");
  expect(new WorkTrace(ID, (name) => ({ ...known, sampled: "1" })[name]).traceparent).toMatch(/-01$/);
});

test.each([
  undefined,
  "nonsense",
  "00-ffffffffffffffffffffffffffffffff-00f067aa0ba902b7-00",
  `00-${ID}-0000000000000000-00`,
])("%s begins a trace that is recorded, without a state", (traceparent) => {
  const trace = traceOf(traceparent, "a=1");
  expect(trace.parentSpanId).toBeUndefined();
  expect(trace.traceparent).toBe(`00-${ID}-${trace.spanId}-01`);
  expect(trace.tracestate).toBeUndefined();
});

test("a state that no header could carry is dropped", () => {
  const parent = `00-${ID}-00f067aa0ba902b7-01`;
  expect(traceOf(parent, "a=\u00e9").tracestate).toBeUndefined();
  expect(traceOf(parent, "a".repeat(513)).tracestate).toBeUndefined();
});
