import { createServer, type AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { api, APIError, start, stop, type Context } from "../dist/index.js";

interface Span {
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly name: string;
  readonly kind: string;
  readonly status: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

interface Place {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly traceparent: string;
  readonly tracestate: string | null;
}

const CALLER = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7" };
const TRACEPARENT = `00-${CALLER.traceId}-${CALLER.spanId}-01`;

let url = "";
let admin = "";

/** What a handler sees of its place in the trace. */
function placeOf({ trace }: Context): Place {
  const { traceId, spanId, parentSpanId = null, traceparent, tracestate = null } = trace;
  return { traceId, spanId, parentSpanId, traceparent, tracestate };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The spans of a trace as the runtime has kept them, once there is one of this name. */
async function spansOf(traceId: string, name: string): Promise<Span[]> {
  return vi.waitFor(async () => {
    const answer = await fetch(`${admin}/api/traces/${traceId}`);
    const { spans = [] } = (await answer.json()) as { readonly spans?: Span[] };
    expect(spans.map((span) => span.name)).toContain(name);
    return spans;
  });
}

/** Asks the app, by a request with an empty object. */
function ask(path: string, headers: Record<string, string> = {}): Promise<Response> {
  const type = { "content-type": "application/json" };
  return fetch(url + path, { method: "POST", body: "{}", headers: { ...type, ...headers } });
}

beforeAll(async () => {
  const request = z.unknown();
  const inner = api({ path: "/inner", request }, (_, context: Context) => placeOf(context));
  const failing = api({ path: "/failing", request }, () => {
    throw new Error("a fault of the callee");
  });
  api({ expose: true, path: "/place", request }, (_, context: Context) => placeOf(context));
  api({ expose: true, path: "/calls", request }, async (_, context: Context) => ({
    own: placeOf(context),
    inner: await inner({}),
  }));
  api({ expose: true, path: "/fails", request }, async () => failing({}));
  api({ expose: true, path: "/refuses", request }, () => {
    throw APIError.notFound("there is no such thing");
  });
  const adminPort = await freePort();
  // Recent traces are kept for a developer.
  vi.stubEnv("TWINLOOP_DEV", "1");
  admin = `http://127.0.0.1:${adminPort}`;
  const app = await start({
    port: 0,
    signals: false,
    banner: false,
    telemetry: { accessLog: "off", adminPort },
  });
  url = app.url!;
});

afterAll(stop);

test("a handler's place in the trace is that of the request's span", async () => {
  const headers = { traceparent: TRACEPARENT, tracestate: "vendor=1" };
  const place = (await (await ask("/place", headers)).json()) as Place;
  const spans = await spansOf(CALLER.traceId, "POST /place");
  const request = spans.find(({ name }) => name === "POST /place")!;
  expect(place).toEqual({
    ...{ traceId: CALLER.traceId, spanId: request.spanId, parentSpanId: CALLER.spanId },
    traceparent: `00-${CALLER.traceId}-${request.spanId}-01`,
    tracestate: "vendor=1",
  });
  expect(request).toMatchObject({ kind: "server", parentSpanId: CALLER.spanId, status: "unset" });
  expect(request.attributes).toMatchObject({ "http.route": "/place", "http.response.status_code": 200 });
  for (const step of ["queue", "handler"])
    expect(spans.find(({ name }) => name === step)).toMatchObject({ parentSpanId: request.spanId });
});

test("a request without a caller begins a trace that answers name", async () => {
  const answer = await ask("/place");
  const place = (await answer.json()) as Place;
  expect(place.traceId).toBe(answer.headers.get("x-request-id"));
  expect(place.parentSpanId).toBeNull();
  const spans = await spansOf(place.traceId, "POST /place");
  expect(spans[0]).toMatchObject({ spanId: place.spanId, parentSpanId: null });
});

test("a call within the app is a span of the caller's, and the callee's place", async () => {
  const { own, inner } = (await (await ask("/calls")).json()) as {
    readonly own: Place;
    readonly inner: Place;
  };
  const spans = await spansOf(own.traceId, "POST /calls");
  const call = spans.find(({ spanId }) => spanId === inner.spanId);
  const handler = spans.find(({ name, parentSpanId }) => name === "handler" && parentSpanId === own.spanId)!;
  expect(call).toMatchObject({ kind: "client", parentSpanId: handler.spanId, status: "unset" });
  expect(inner).toMatchObject({ traceId: own.traceId, parentSpanId: handler.spanId });
});

test("the fault of a callee is its span's and the request's, what is the caller's is none", async () => {
  const failed = await ask("/fails");
  expect(failed.status).toBe(500);
  const spans = await spansOf(failed.headers.get("x-request-id")!, "POST /fails");
  expect(spans.find(({ kind }) => kind === "client")).toMatchObject({ status: "error" });
  expect(spans.find(({ kind }) => kind === "server")).toMatchObject({
    ...{ status: "error", attributes: { "error.type": "500", "http.response.status_code": 500 } },
  });
  const refused = await ask("/refuses");
  const [request] = await spansOf(refused.headers.get("x-request-id")!, "POST /refuses");
  expect(request).toMatchObject({ status: "unset", attributes: { "http.response.status_code": 404 } });
});

test("what Rust refuses has its reason in the trace, and is counted by it", async () => {
  const refused = await fetch(`${url}/nowhere`, { method: "BREW" });
  const [request] = await spansOf(refused.headers.get("x-request-id")!, "HTTP");
  expect(request!.attributes).toMatchObject({
    ...{ "http.request.method": "_OTHER", "http.request.method_original": "BREW" },
    ...{ "twinloop.refusal": "not_found", "url.path": "/nowhere" },
  });
  const metrics = await (await fetch(`${admin}/metrics`)).text();
  expect(metrics).toMatch(/^twinloop_http_refusals_total\{.*reason="not_found".*\} \d/m);
  expect(metrics).toMatch(/^http_server_request_duration_seconds_count\{.*http_route="\/place".*\} \d/m);
});
