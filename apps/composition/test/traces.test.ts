import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startTraced, type Span, type TracedApp } from "./traced-app.ts";

const SERVER = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";

let app: TracedApp;
let [url, admin] = ["", ""];

beforeAll(async () => {
  app = await startTraced("traced.mjs", { SLOW_QUERY: "40ms", DATABASE_URL: SERVER });
  ({ url, admin } = app);
}, 90_000);

afterAll(() => app.end());

/** Asks the app as a part of a trace, and gives its answer with the spans of that trace. */
async function traced(path: string, trace: string): Promise<{ answer: unknown; spans: readonly Span[] }> {
  const traceparent = `00-${trace}-00f067aa0ba902b7-01`;
  const response = await fetch(new URL(path, url), { headers: { traceparent } });
  const answer: unknown = await response.json();
  const kept = await vi.waitFor(async () => {
    const found = await fetch(new URL(`/api/traces/${trace}`, admin));
    expect(found.status).toBe(200);
    return (await found.json()) as { spans: Span[] };
  });
  return { answer, spans: kept.spans };
}

/** The names of the spans below one. */
const below = (spans: readonly Span[], parent: Span): string[] =>
  spans.filter(({ parentSpanId }) => parentSpanId === parent.spanId).map(({ name }) => name);

const isQuery = ({ attributes }: Span): boolean => attributes["db.system.name"] === "postgresql";

test("a handler's query is a span of the request's trace, which its comment names in the server", async () => {
  const trace = "4bf92f3577b34da6a3ce929d0e0e4701";
  const { answer, spans } = await traced("/plain", trace);
  const [query] = spans.filter(isQuery);
  expect(query).toMatchObject({ name: "SELECT pg_stat_activity", kind: "client" });
  const handler = spans.find(({ name }) => name === "handler")!;
  expect(query!.parentSpanId).toBe(handler.spanId);
  const request = spans.find(({ spanId }) => spanId === handler.parentSpanId)!;
  expect(request).toMatchObject({ kind: "server" });
  expect((answer as { query: string }).query).toContain(`traceparent='00-${trace}-${query!.spanId}-01'`);
});

test("queries at once are each a span of the same parent", async () => {
  const { spans } = await traced("/together", "4bf92f3577b34da6a3ce929d0e0e4702");
  const queries = spans.filter(isQuery);
  expect(queries).toHaveLength(3);
  expect(new Set(queries.map(({ parentSpanId }) => parentSpanId)).size).toBe(1);
});

test("a transaction's statements are below it, and it says how it ended", async () => {
  const { spans } = await traced("/transaction", "4bf92f3577b34da6a3ce929d0e0e4703");
  const transaction = spans.find(({ name }) => name === "transaction")!;
  expect(transaction.attributes["twinloop.outcome"]).toBe("commit");
  const names = below(spans, transaction).map((name) => name.split(" ")[0]);
  expect(names.toSorted()).toEqual(["BEGIN", "COMMIT", "SELECT", "SELECT"]);
});

test("a slow query is a line with the ids of its span and without its parameters", async () => {
  const trace = "4bf92f3577b34da6a3ce929d0e0e4704";
  const { spans } = await traced("/slow", trace);
  const [query] = spans.filter(isQuery);
  const line = await vi.waitFor(() => {
    const found = app
      .output()
      .split("\n")
      .find((text) => text.includes("slow query") && text.includes("pg_sleep"));
    return JSON.parse(found!) as Record<string, unknown>;
  });
  expect(line).toMatchObject({ level: 40, trace_id: trace, span_id: query!.spanId, rows: 1 });
  expect(app.output()).not.toContain("hunter2");
  expect(JSON.stringify(spans)).not.toContain("hunter2");
});

test("the metrics of the pool can be scraped", async () => {
  const text = await (await fetch(new URL("/metrics", admin))).text();
  expect(text).toMatch(/db_client_operation_duration_seconds_count\{.*db_operation_name="SELECT".*\} \d/);
  expect(text).toMatch(/db_client_connection_max\{.*db_client_connection_pool_name="main".*\} \d/);
  expect(text).toMatch(/twinloop_dependency_up\{.*name="database main".*\} 1/);
});
