import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Caller, callers, collected, Work } from "@twinloop/core-native/internal";
import { log } from "@twinloop/core-native";

const recorded: Record<string, unknown>[] = [];

vi.mock("../../../core-native/dist/telemetry/records.js", () => ({
  record: (_what: string, text: string) => void recorded.push(JSON.parse(text) as Record<string, unknown>),
}));

const { registerOpenTelemetry } = await import("./index.ts");
const { trace: own } = await import("../trace/trace.ts");

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const OWN = "b7ad6b7169203331";

class Traced extends Work {
  protected override lookUp(name: string): string | undefined {
    return { "request-id": TRACE, "span-id": OWN, sampled: "1" }[name];
  }
}

const within = <T>(run: () => T): T => Work.run(new Traced(60), run, undefined);
const tracer = trace.getTracer("a-library", "1.2.3");

beforeEach(() => {
  recorded.length = 0;
  collected.spans = true;
});

afterEach(() => {
  collected.spans = false;
});

test("the running operation is the active span, and outside of operations there is none", () => {
  within(() => {
    const active = trace.getActiveSpan()!;
    expect(active.spanContext()).toMatchObject({ traceId: TRACE, spanId: OWN, traceFlags: 1 });
    expect(trace.getActiveSpan()).toBe(active);
    active.setAttribute("a", 1).end();
    expect(active.isRecording()).toBe(false);
  });
  expect(trace.getActiveSpan()).toBeUndefined();
  expect(recorded).toEqual([]);
});

test("spans of a library nest below operations and spans of the app, and those below the library's", async () => {
  await within(() =>
    own.span("app", async () => {
      await tracer.startActiveSpan("library", { kind: SpanKind.CLIENT }, async (library) => {
        await null;
        expect(trace.getActiveSpan()).toBe(library);
        expect(Caller.span(callers.getStore()!)).toContain(library.spanContext().spanId);
        own.span("inner", () => undefined);
        tracer.startSpan("sibling").end();
        library.end();
      });
    }),
  );
  const byName = new Map(recorded.map((span) => [span["name"], span]));
  const parentOf = (name: string): unknown => byName.get(name)!["parentSpanId"];
  const idOf = (name: string): unknown => byName.get(name)!["spanId"];
  expect(parentOf("app")).toBe(OWN);
  expect(parentOf("library")).toBe(idOf("app"));
  expect(parentOf("inner")).toBe(idOf("library"));
  expect(parentOf("sibling")).toBe(idOf("library"));
  expect(byName.get("library")).toMatchObject({
    traceId: TRACE,
    kind: "client",
    attributes: { "otel.scope.name": "a-library", "otel.scope.version": "1.2.3" },
  });
});

test("a span has all that the API can give it", () => {
  const start = new Date(1_700_000_000_000);
  const span = tracer.startSpan("all", {
    attributes: { a: 1 },
    links: [{ context: { traceId: TRACE, spanId: OWN, traceFlags: 1 }, attributes: { why: "batch" } }],
    startTime: start,
    root: true,
  });
  span
    .setAttributes({ b: true, c: ["x"] })
    .addEvent("e", { n: 1 }, [1_700_000_000, 5_000_000])
    .addEvent("late", start);
  span.recordException({ name: "Odd", message: "strange" });
  span.addLink({ context: { traceId: TRACE, spanId: "00f067aa0ba902b7", traceFlags: 0 } });
  span.setStatus({ code: SpanStatusCode.ERROR, message: "no" }).updateName("renamed");
  expect(span.isRecording()).toBe(true);
  span.end(1_700_000_001_000);
  span.end();
  span.setAttribute("after", 1);
  expect(recorded).toHaveLength(1);
  expect(recorded[0]).toMatchObject({
    ...{
      name: "renamed",
      status: "error",
      message: "no",
      startMs: 1_700_000_000_000,
      endMs: 1_700_000_001_000,
    },
    attributes: { a: 1, b: true, c: ["x"] },
    events: [
      { name: "e", timeMs: 1_700_000_000_005, attributes: { n: 1 } },
      { name: "late", timeMs: 1_700_000_000_000 },
      { name: "exception", attributes: { "exception.type": "Odd", "exception.message": "strange" } },
    ],
    links: [
      { traceId: TRACE, spanId: OWN, attributes: { why: "batch" } },
      { traceId: TRACE, spanId: "00f067aa0ba902b7" },
    ],
  });
  expect(recorded[0]).not.toHaveProperty("attributes.after");
});

test("a span that is never ended is never told", () => {
  within(() => tracer.startActiveSpan("open", () => undefined));
  expect(recorded).toEqual([]);
  expect(trace.getActiveSpan()).toBeUndefined();
});

test("a trace goes out and comes back by W3C headers", () => {
  const carrier: Record<string, string> = {};
  within(() => propagation.inject(context.active(), carrier));
  expect(carrier).toEqual({ traceparent: `00-${TRACE}-${OWN}-01` });
  const headers = { traceparent: `00-${TRACE}-00f067aa0ba902b7-00`, tracestate: "a=1,b=2" };
  const extracted = propagation.extract(ROOT_CONTEXT, headers);
  context.with(extracted, () => tracer.startSpan("below").end());
  expect(recorded[0]).toMatchObject({ traceId: TRACE, parentSpanId: "00f067aa0ba902b7", sampled: false });
  const back: Record<string, string> = {};
  propagation.inject(extracted, back);
  expect(back).toEqual(headers);
});

test.each([
  "",
  "nonsense",
  `ff-${TRACE}-00f067aa0ba902b7-01`,
  `00-${"0".repeat(32)}-00f067aa0ba902b7-01`,
  `00-${TRACE}-00f067aa0ba902b7-01-more`,
])("the header %j is no trace", (traceparent) => {
  expect(trace.getSpan(propagation.extract(ROOT_CONTEXT, { traceparent }))).toBeUndefined();
});

test("contexts are kept for callbacks that run elsewhere", () => {
  const key = Symbol("key");
  const bound = within(() =>
    context.bind(context.active().setValue(key, 7), () => [
      context.active().getValue(key),
      trace.getActiveSpan()?.spanContext().spanId,
    ]),
  );
  expect(bound()).toEqual([7, OWN]);
  expect(context.active().getValue(key)).toBeUndefined();
});

test("another SDK that was there before stays, and a line says so", () => {
  const warned = vi.spyOn(log, "warn").mockImplementation(() => undefined);
  expect(registerOpenTelemetry()).toBe(false);
  expect(warned.mock.calls[0]![1]).toEqual({ taken: "context manager, tracer provider, propagator" });
});
