import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Caller, callers, collected, NO_JOB, Work } from "@twinloop/core-native/internal";

interface Recorded {
  readonly span: Record<string, unknown>;
  /** Who the runtime is told tells of the span. */
  readonly job: number;
}

const recorded: Recorded[] = [];

vi.mock("../../../core-native/dist/telemetry/records.js", () => ({
  record(_what: string, text: string) {
    const caller = callers.getStore();
    recorded.push({ span: JSON.parse(text) as Recorded["span"], job: caller ? Caller.job(caller) : NO_JOB });
  },
}));

const { trace } = await import("./trace.ts");

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const OWN = "b7ad6b7169203331";

class Traced extends Work {
  protected override lookUp(name: string): string | undefined {
    return { "request-id": TRACE, "span-id": OWN, sampled: "0" }[name];
  }
}

beforeEach(() => {
  recorded.length = 0;
  collected.spans = true;
});

afterEach(() => {
  collected.spans = false;
});

const within = <T>(run: () => T): T => Work.run(new Traced(50), run, undefined);

/** The parent that calls name at this point. */
const parent = (): string | undefined => Caller.span(callers.getStore()!);

test("a span within an operation is below it, calls with itself as parent, and is told for the operation's job", () => {
  const result = within(() =>
    trace.span("charge", { attributes: { amount: 3 }, kind: "client" }, (span) => {
      expect(parent()).toBe(`00-${TRACE}-${span.trace.spanId}-00`);
      expect(trace.current()).toBe(span.trace);
      span.setAttribute("tags", ["a", "b"]);
      span.addEvent("tried", { n: 1 });
      return 42;
    }),
  );
  expect(result).toBe(42);
  expect(recorded).toMatchObject([
    {
      job: 50,
      span: {
        ...{
          traceId: TRACE,
          parentSpanId: OWN,
          name: "charge",
          kind: "client",
          status: "unset",
          sampled: false,
        },
        attributes: { amount: 3, tags: ["a", "b"] },
        events: [{ name: "tried", attributes: { n: 1 } }],
      },
    },
  ]);
  const { startMs, endMs } = recorded[0]!.span as { startMs: number; endMs: number };
  expect(Math.abs(startMs - Date.now())).toBeLessThan(60_000);
  expect(endMs).toBeGreaterThanOrEqual(startMs);
});

test("spans nest across await, and end when their promises settle", async () => {
  await within(() =>
    trace.span("outer", async (outer) => {
      await null;
      await Promise.all([
        trace.span("one", async () => void (await null)),
        trace.span("two", async (two) => {
          await null;
          expect(trace.current()).toBe(two.trace);
        }),
      ]);
      expect(trace.current()).toBe(outer.trace);
      expect(recorded.map(({ span }) => span["name"])).toEqual(["one", "two"]);
    }),
  );
  const [one, two, outer] = recorded.map(({ span }) => span);
  expect(outer!["parentSpanId"]).toBe(OWN);
  expect([one!["parentSpanId"], two!["parentSpanId"]]).toEqual([outer!["spanId"], outer!["spanId"]]);
});

test.each([
  [
    "throws",
    (error: unknown) =>
      trace.span("bad", () => {
        throw error;
      }),
  ],
  [
    "rejects",
    (error: unknown) =>
      trace.span("bad", async () => {
        await null;
        throw error;
      }),
  ],
])("an error that the code %s is noted and thrown on", async (_how, run) => {
  const error = new RangeError("too much");
  await expect((async () => within(() => run(error)))()).rejects.toBe(error);
  expect(recorded[0]!.span).toMatchObject({
    status: "error",
    message: "too much",
    attributes: { "error.type": "RangeError" },
    events: [
      {
        name: "exception",
        attributes: {
          "exception.type": "RangeError",
          "exception.message": "too much",
          "exception.stacktrace": expect.stringContaining("RangeError: too much"),
        },
      },
    ],
  });
});

test("outside of operations a span begins a trace of its own, which the runtime's sampler chooses", () => {
  trace.span("script", (outer) =>
    trace.span("inner", (inner) => expect(inner.trace.traceId).toBe(outer.trace.traceId)),
  );
  const [inner, outer] = recorded;
  expect(outer!.span).not.toHaveProperty("parentSpanId");
  expect(outer!.span).not.toHaveProperty("sampled");
  expect(inner!.span).toMatchObject({ parentSpanId: outer!.span["spanId"], sampled: true });
  expect(outer!.job).toBe(NO_JOB);
  expect(trace.current()).toBeUndefined();
});

test("of traces that begin here, the share is sampled that the runtime exports, and says so to others", () => {
  collected.sampledShare = 0.25;
  try {
    const flags = Array.from({ length: 400 }, () =>
      trace.span("script", (span) => span.trace.traceparent.slice(-2)),
    );
    const chosen = flags.filter((flag) => flag === "01").length;
    // 100 expected, standard deviation 9.
    expect(chosen).toBeGreaterThan(50);
    expect(chosen).toBeLessThan(150);
  } finally {
    collected.sampledShare = 1;
  }
});

test("while nobody collects spans, none is told, and calls have the operation as parent", () => {
  collected.spans = false;
  within(() =>
    trace.span("quiet", (span) => {
      span.setAttribute("a", 1);
      span.addEvent("b");
      span.setStatus("error");
      expect(span.trace.spanId).toBe(OWN);
      expect(parent()).toBeUndefined();
    }),
  );
  expect(recorded).toEqual([]);
});

test("what is set after the end, or is no value, is left out, and floods are bounded", () => {
  let kept: Parameters<Parameters<typeof trace.span>[1] & ((...given: never[]) => unknown)>[0] | undefined;
  within(() =>
    trace.span("flood", (span) => {
      kept = span as never;
      for (let n = 0; n < 1_000; n++) {
        span.setAttribute(`n${n}`, n);
        span.addEvent("e");
      }
      span.setAttribute("n0", { not: "a value" } as never);
      span.setAttribute("n1", Number.NaN);
      span.setAttribute("n2", "x".repeat(100_000));
    }),
  );
  (kept as unknown as { setAttribute(name: string, value: number): void }).setAttribute("late", 1);
  const { attributes, events } = recorded[0]!.span as {
    attributes: Record<string, unknown>;
    events: unknown[];
  };
  expect([Object.keys(attributes).length, events.length]).toEqual([128, 128]);
  expect(attributes).toMatchObject({ n0: 0, n1: "NaN" });
  expect(attributes["n2"]).toHaveLength(8_192);
  expect(attributes).not.toHaveProperty("late");
});
