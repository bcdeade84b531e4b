import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

const APP = fileURLToPath(new URL("fixtures/traced.mjs", import.meta.url));
const SERVER = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";

interface Span {
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly kind: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

let output = "";
let [url, admin] = ["", ""];
let end = async (): Promise<void> => undefined;

beforeAll(async () => {
  // As `twinloop dev` starts it: recent traces are kept.
  const child = spawn(process.execPath, [APP], {
    env: {
      ...process.env,
      NODE_ENV: "development",
      TWINLOOP_DEV: "1",
      LOG_FORMAT: "json",
      PORT: "0",
      ADMIN_PORT: "0",
      SLOW_QUERY: "40ms",
      DATABASE_URL: SERVER,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "close");
  end = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk));
  const listens = vi.waitFor(() => /listening (\S+) (\S+)/.exec(output)!.slice(1), { timeout: 60_000 });
  const early = ended.then(() => Promise.reject(new Error(output)));
  [url, admin] = (await Promise.race([listens, early])) as [string, string];
}, 90_000);

afterAll(() => end());

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
  expect(spans.map(({ spanId }) => spanId)).toContain(query!.parentSpanId);
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
    const found = output.split("\n").find((text) => text.includes("slow query") && text.includes("pg_sleep"));
    return JSON.parse(found!) as Record<string, unknown>;
  });
  expect(line).toMatchObject({ level: 40, trace_id: trace, span_id: query!.spanId, rows: 1 });
  expect(output).not.toContain("hunter2");
  expect(JSON.stringify(spans)).not.toContain("hunter2");
});

test("the metrics of the pool can be scraped", async () => {
  const text = await (await fetch(new URL("/metrics", admin))).text();
  expect(text).toMatch(/db_client_operation_duration_seconds_count\{.*db_operation_name="SELECT".*\} \d/);
  expect(text).toMatch(/db_client_connection_max\{.*db_client_connection_pool_name="main".*\} \d/);
  expect(text).toMatch(/twinloop_dependency_up\{.*name="database main".*\} 1/);
});
