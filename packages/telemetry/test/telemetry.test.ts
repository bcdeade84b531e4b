import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";

interface Shop {
  readonly url: string;
  readonly admin: string;
  readonly lines: Record<string, unknown>[];
  readonly stop: () => Promise<number | null>;
}

/** Starts the app of `fixtures/shop.mjs` in a process of its own, as twinloop dev would. */
async function shop(env: Readonly<Record<string, string>> = {}): Promise<Shop> {
  const program = fileURLToPath(new URL("fixtures/shop.mjs", import.meta.url));
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, PORT: "0", ADMIN_PORT: "0", TWINLOOP_DEV: "1", LOG_FORMAT: "json", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines: Record<string, unknown>[] = [];
  const found = await new Promise<RegExpExecArray>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the app ended with ${code}: ${JSON.stringify(lines)}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const listening = /^listening (\S+);.* admin (\S+)/.exec(line);
      if (listening) resolve(listening);
      else if (line.startsWith("{")) lines.push(JSON.parse(line) as Record<string, unknown>);
    });
  });
  const stop = async (): Promise<number | null> => {
    child.kill("SIGTERM");
    const [code] = (await once(child, "exit")) as [number | null];
    return code;
  };
  return { url: found[1]!, admin: found[2]!, lines, stop };
}

interface Ordered {
  readonly total: number;
  readonly spanId: string;
  readonly traceId: string;
  readonly answer: string;
}

async function order(url: string, kind = "gift"): Promise<Ordered> {
  const response = await fetch(`${url}/orders/${kind}`, { method: "POST" });
  expect(response.status).toBe(200);
  return (await response.json()) as Ordered;
}

interface ShownSpan {
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly kind: string;
  readonly status: string;
  readonly attributes: Record<string, unknown>;
}

/** The spans of a trace, once all of `names` are there. */
async function spansOf(admin: string, traceId: string, names: readonly string[]): Promise<ShownSpan[]> {
  return vi.waitFor(
    async () => {
      const response = await fetch(new URL(`/api/traces/${traceId}`, admin));
      const { spans = [] } = (await response.json()) as { spans?: ShownSpan[] };
      expect(spans.map(({ name }) => name)).toEqual(expect.arrayContaining([...names]));
      return spans;
    },
    { timeout: 10_000, interval: 50 },
  );
}

/** The points of all metrics, by name and label values: the value, and for a histogram the number of its measurements. */
async function pointsOf(admin: string): Promise<Map<string, number>> {
  const response = await fetch(new URL("/api/metrics", admin));
  const { metrics } = (await response.json()) as {
    metrics: readonly {
      name: string;
      points: readonly { labels: object; value: number; count?: number }[];
    }[];
  };
  return new Map(
    metrics.flatMap(({ name, points }) =>
      points.map(
        ({ labels, value, count }) => [[name, ...Object.values(labels)].join(" "), count ?? value] as const,
      ),
    ),
  );
}

test("spans of user code, of calls within the app, of a library and of fetch are below the request", async () => {
  const headers: unknown[] = [];
  const peer = createServer((request, response) => {
    headers.push(request.headers["traceparent"]);
    response.end("fetched");
  }).listen(0, "127.0.0.1");
  await once(peer, "listening");
  onTestFinished(() => void peer.close());
  const FETCHES = `http://127.0.0.1:${(peer.address() as AddressInfo).port}/`;
  const { url, admin, lines } = await shop({ FETCHES });
  const { traceId, spanId, answer } = await order(url);
  expect(answer).toBe("fetched");
  const spans = await spansOf(admin, traceId, ["place order", "library", "GET"]);
  const named = (name: string): ShownSpan => spans.find((span) => span.name.startsWith(name))!;
  const [place, call, library, get] = ["place order", "call ", "library", "GET"].map(named);
  expect(place).toMatchObject({ spanId, kind: "internal", attributes: { kind: "gift" } });
  expect(spans.map((span) => span.spanId)).toContain(place!.parentSpanId);
  for (const below of [library, get, call]) expect(below!.parentSpanId).toBe(spanId);
  expect(headers).toEqual([`00-${traceId}-${get!.spanId}-01`]);
  // Each line is found from the trace, with the span in which it was written.
  const byMessage = new Map(lines.map((line) => [line["msg"], line]));
  expect(byMessage.get("placed")).toMatchObject({ trace_id: traceId, span_id: spanId });
  expect(byMessage.get("priced")).toMatchObject({ trace_id: traceId, span_id: call!.spanId });
  const logs = await (await fetch(new URL(`/api/logs?traceId=${traceId}`, admin))).json();
  const messages = (logs as { lines: readonly { message: string }[] }).lines.map(({ message }) => message);
  expect(messages).toEqual(expect.arrayContaining(["placed", "priced"]));
});

test("an error in a span marks it, and the app answers as without it", async () => {
  const { url, admin } = await shop();
  const response = await fetch(`${url}/fails`);
  expect(response.status).toBe(500);
  const traceId = response.headers.get("x-request-id")!;
  const spans = await spansOf(admin, traceId, ["bad"]);
  const bad = spans.find(({ name }) => name === "bad");
  expect(bad).toMatchObject({ status: "error", attributes: { "error.type": "Error" } });
});

test("metrics of all isolates add up", async () => {
  const { url, admin, stop } = await shop({ WORKERS: "2" });
  for (let n = 0; n < 40; n++) await order(url, n % 2 === 0 ? "gift" : "own");
  await vi.waitFor(
    async () => {
      const points = await pointsOf(admin);
      expect(points.get("orders gift")).toBe(20);
      expect(points.get("orders own")).toBe(20);
      expect(points.get("order_items")).toBe(40);
      // Both isolates have set it to 2.
      expect(points.get("baskets_open")).toBe(4);
      const ofIsolates = (name: string): number[] =>
        [...points].filter(([key]) => key.startsWith(`${name} `)).map(([, value]) => value);
      expect(ofIsolates("nodejs.eventloop.utilization")).toHaveLength(2);
      expect(ofIsolates("v8js.memory.heap.used")).toEqual([expect.any(Number), expect.any(Number)]);
    },
    { timeout: 15_000, interval: 100 },
  );
  expect(await stop()).toBe(0);
});
