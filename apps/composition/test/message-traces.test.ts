import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startTraced, type Span, type TracedApp } from "./traced-app.ts";

/** What a handler of the app has read of `ctx.trace`. */
interface Seen {
  readonly what: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceparent: string;
  readonly tracestate?: string;
}

let app: TracedApp;
let [url, admin] = ["", ""];

beforeAll(async () => {
  app = await startTraced("traced-messages.mjs", { PUBSUB_URL: "memory:" });
  ({ url, admin } = app);
}, 90_000);

afterAll(() => app.end());

/** Asks the app as a part of a trace, and gives the spans of that trace once `last` is there, with what handlers saw. */
async function traced(path: string, trace: string, last: string) {
  const headers = { traceparent: `00-${trace}-00f067aa0ba902b7-01`, tracestate: "vendor=1" };
  expect((await fetch(new URL(path, url), { headers })).status).toBe(200);
  const spans = await vi.waitFor(
    async () => {
      const found = (await (await fetch(new URL(`/api/traces/${trace}`, admin))).json()) as { spans: Span[] };
      expect(found.spans.map(({ name }) => name)).toContain(last);
      return found.spans;
    },
    { timeout: 20_000 },
  );
  const { seen } = (await (await fetch(new URL("/seen", url))).json()) as { seen: Seen[] };
  return { spans, seen: seen.filter(({ traceId }) => traceId === trace) };
}

/** The span that a handler saw as its own. */
function spanOf(spans: readonly Span[], { spanId, traceId, traceparent }: Seen): Span {
  expect(traceparent).toBe(`00-${traceId}-${spanId}-01`);
  return spans.find((span) => span.spanId === spanId)!;
}

const parentOf = (spans: readonly Span[], { parentSpanId }: Span): Span =>
  spans.find(({ spanId }) => spanId === parentSpanId)!;

/** The span of the handler within an operation's. */
const handlerOf = (spans: readonly Span[], operation: Span): Span =>
  spans.find(({ name, parentSpanId }) => name === "handler" && parentSpanId === operation.spanId)!;

test("one trace leads from a request to the last subscriber, and handlers see their own spans", async () => {
  const trace = "4bf92f3577b34da6a3ce929d0e0e4801";
  const { spans, seen } = await traced("/order", trace, "process mails/send");
  expect(seen.map(({ what }) => what)).toEqual(["request", "orders 1", "orders 2", "mails"]);
  expect(seen.map(({ tracestate }) => tracestate)).toEqual(seen.map(() => "vendor=1"));
  const [request, first, second, mail] = seen.map((each) => spanOf(spans, each));
  const sent = spans.find(({ name }) => name === "send orders")!;
  expect(sent).toMatchObject({ kind: "producer", parentSpanId: handlerOf(spans, request!).spanId });
  for (const attempt of [first!, second!]) {
    expect(attempt).toMatchObject({
      name: "process orders/fulfil",
      kind: "consumer",
      parentSpanId: sent.spanId,
    });
  }
  expect(seen[1]!.parentSpanId).toBe(sent.spanId);
  expect([first!, second!].map(({ attributes }) => attributes["twinloop.outcome"])).toEqual([
    "retried",
    "done",
  ]);
  expect(mail!.name).toBe("process mails/send");
  expect(parentOf(spans, mail!)).toMatchObject({
    name: "send mails",
    parentSpanId: handlerOf(spans, second!).spanId,
  });
});

test("a subscriber's line has the ids of its span, its message and its subscription", async () => {
  const trace = "4bf92f3577b34da6a3ce929d0e0e4802";
  const { seen } = await traced("/order", trace, "process mails/send");
  const lines = app
    .output()
    .split("\n")
    .filter((line) => line.startsWith("{"));
  const line = lines
    .map((text) => JSON.parse(text) as Record<string, unknown>)
    .find((each) => each["msg"] === "sent a mail" && each["trace_id"] === trace);
  const mail = seen.find(({ what }) => what === "mails")!;
  expect(line).toMatchObject({ subscription: "mails/send", attempt: 1, span_id: mail.spanId });
  expect(line!["messageId"]).toMatch(/^[0-9a-f-]{36}$/);
});

test("a triggered run is a part of its caller's trace, and what it publishes is below it", async () => {
  const trace = "4bf92f3577b34da6a3ce929d0e0e4803";
  const { spans, seen } = await traced("/tidy", trace, "process mails/send");
  const run = spanOf(
    spans,
    seen.find(({ what }) => what === "tidy")!,
  );
  expect(run).toMatchObject({ name: "run tidy", kind: "internal" });
  expect(run.attributes).toMatchObject({ "twinloop.outcome": "succeeded", "twinloop.attempt": 1 });
  expect(spans.map(({ spanId }) => spanId)).toContain(run.parentSpanId);
  const below = spans.filter(({ parentSpanId }) => parentSpanId === run.spanId);
  expect(below.map(({ name }) => name)).toEqual(["attempt"]);
  expect(spans.find(({ name }) => name === "send mails")!.parentSpanId).toBe(below[0]!.spanId);
  const trigger = parentOf(spans, run);
  expect(trigger).toMatchObject({ name: "handler" });
});

test("messages and runs are counted", async () => {
  await vi.waitFor(
    async () => {
      const text = await (await fetch(new URL("/metrics", admin))).text();
      for (const expected of [
        /messaging_client_sent_messages_total\{.*messaging_destination_name="orders".*\} \d/,
        /messaging_process_duration_seconds_count\{.*twinloop_outcome="retried".*\} \d/,
        /twinloop_messaging_queue_depth\{.*twinloop_state="ready".*\} \d/,
        /twinloop_cron_runs_total\{.*twinloop_cron_job="tidy".*\} \d/,
        /twinloop_cron_next_run_seconds\{.*twinloop_cron_job="tidy".*\} \d/,
      ]) {
        expect(text).toMatch(expected);
      }
    },
    { timeout: 20_000 },
  );
});
