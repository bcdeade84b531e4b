import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Work } from "../work/work.ts";
import { collected } from "./collected.ts";
import { traceOutgoing, untraceOutgoing } from "./outgoing.ts";
import * as records from "./records.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

class Traced extends Work {
  protected override lookUp(name: string): string | undefined {
    const parent = `00-${TRACE}-00f067aa0ba902b7-01`;
    return { "request-id": TRACE, "span-id": "b7ad6b7169203331", traceparent: parent, tracestate: "a=1" }[
      name
    ];
  }
}

const seen: IncomingHttpHeaders[] = [];
const server = createServer((request, response) => {
  seen.push(request.headers);
  response.statusCode = request.url?.startsWith("/missing") ? 404 : 200;
  response.end("ok");
});
let url: string;
const recorded = vi.spyOn(records, "record").mockImplementation(() => undefined);

beforeEach(async () => {
  seen.length = 0;
  recorded.mockClear();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  untraceOutgoing();
  collected.spans = false;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const within = (run: () => Promise<unknown>): Promise<unknown> => Work.run(new Traced(40), run, undefined);
const get = async (path = "/", init: RequestInit = {}): Promise<string> =>
  (await fetch(url + path, init)).text();

test("a request within an operation carries its trace, and one outside of it none", async () => {
  traceOutgoing();
  await within(() => get());
  await get();
  expect(seen[0]).toMatchObject({ traceparent: `00-${TRACE}-b7ad6b7169203331-01`, tracestate: "a=1" });
  expect(seen[1]).not.toHaveProperty("traceparent");
  expect(recorded).not.toHaveBeenCalled();
});

test("a request is a span where spans are collected, and what it calls names that span", async () => {
  collected.spans = true;
  traceOutgoing();
  await within(() => get("/missing?token=secret"));
  await vi.waitFor(() => expect(recorded).toHaveBeenCalledOnce());
  const [what, text] = recorded.mock.calls[0]!;
  const span = JSON.parse(text) as Record<string, unknown>;
  expect(what).toBe("recordSpan");
  expect(span).toMatchObject({
    traceId: TRACE,
    parentSpanId: "b7ad6b7169203331",
    name: "GET",
    kind: "client",
    status: "error",
    attributes: {
      "http.request.method": "GET",
      "url.full": `${url}/missing`,
      "server.address": "127.0.0.1",
      "http.response.status_code": 404,
    },
  });
  expect(seen[0]!["traceparent"]).toBe(`00-${TRACE}-${String(span["spanId"])}-01`);
});

test("a request that fails is a span with its error", async () => {
  collected.spans = true;
  traceOutgoing();
  await within(async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  });
  await vi.waitFor(() => expect(recorded).toHaveBeenCalledOnce());
  expect(JSON.parse(recorded.mock.calls[0]![1])).toMatchObject({
    status: "error",
    events: [{ name: "exception" }],
  });
});

test("a header of the caller's own stays, and excepted hosts are told nothing", async () => {
  traceOutgoing();
  const own = `00-${TRACE}-ffffffffffffffff-01`;
  await within(() => get("/", { headers: { traceparent: own } }));
  traceOutgoing({ except: ["127.0.0.1"] });
  await within(() => get());
  traceOutgoing(false);
  await within(() => get());
  expect(seen.map(({ traceparent }) => traceparent)).toEqual([own, undefined, undefined]);
});
