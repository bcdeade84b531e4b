import { once } from "node:events";
import {
  Agent,
  createServer,
  get,
  request,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { createServer as createSecureServer, get as getSecurely, type RequestOptions } from "node:https";
import type { AddressInfo } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Work } from "../work/work.ts";
import { collected } from "./collected.ts";
import { traceOutgoing, untraceOutgoing } from "./outgoing.ts";
import * as records from "./records.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4737";
const REQUEST = "b7ad6b7169203331";
const HANDLER = "c8be7c827a314442";

class Traced extends Work {
  protected override lookUp(name: string): string | undefined {
    const parent = `00-${TRACE}-00f067aa0ba902b7-01`;
    const told: Record<string, string> = {
      ...{ "request-id": TRACE, "span-id": REQUEST, "handler-span-id": HANDLER },
      ...{ traceparent: parent, tracestate: "a=1" },
    };
    return told[name];
  }
}

const seen: IncomingHttpHeaders[] = [];
const answer = (asked: IncomingMessage, response: ServerResponse): void => {
  seen.push(asked.headers);
  if (asked.url === "/cut") return void response.destroy();
  response.statusCode = asked.url?.startsWith("/missing") ? 404 : 200;
  response.end("ok");
};
const server = createServer(answer);
let port: number;
const recorded = vi.spyOn(records, "record").mockImplementation(() => undefined);

beforeEach(async () => {
  seen.length = 0;
  recorded.mockClear();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ({ port } = server.address() as AddressInfo);
});

afterEach(async () => {
  untraceOutgoing();
  collected.spans = false;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const within = <T>(run: () => T): T => Work.run(new Traced(41), run, undefined);

/** Reads an answer to its end. */
const read = async (response: IncomingMessage): Promise<string> => {
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return text;
};

/** Asks by a URL, and reads the answer. */
const ask = async (path = "/", options: object = {}): Promise<string> => {
  const asked = get(`http://127.0.0.1:${port}${path}`, options);
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  return read(response);
};

const spans = (): Record<string, unknown>[] =>
  recorded.mock.calls.map(([, text]) => JSON.parse(text) as Record<string, unknown>);

test("a request by node:http within an operation carries its trace, and one outside of it none", async () => {
  traceOutgoing();
  expect(await within(() => ask())).toBe("ok");
  await ask();
  expect(seen[0]).toMatchObject({ traceparent: `00-${TRACE}-${REQUEST}-01`, tracestate: "a=1" });
  expect(seen[1]).not.toHaveProperty("traceparent");
  expect(recorded).not.toHaveBeenCalled();
});

test("a request is a span below the handler where spans are collected, over a connection that is kept too", async () => {
  collected.spans = true;
  traceOutgoing();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  await within(() => ask("/missing?token=secret", { agent }));
  await within(() => ask("/again", { agent }));
  await vi.waitFor(() => expect(recorded).toHaveBeenCalledTimes(2));
  agent.destroy();
  const [missing, again] = spans();
  expect(missing).toMatchObject({
    traceId: TRACE,
    parentSpanId: HANDLER,
    name: "GET",
    kind: "client",
    status: "error",
    attributes: {
      "http.request.method": "GET",
      "url.full": `http://127.0.0.1:${port}/missing`,
      "server.address": "127.0.0.1",
      "server.port": port,
      "http.response.status_code": 404,
    },
  });
  expect(again).toMatchObject({ status: "unset" });
  expect(seen.map(({ traceparent }) => traceparent)).toEqual(
    [missing, again].map((span) => `00-${TRACE}-${String(span!["spanId"])}-01`),
  );
});

test("a request that fails is a span with its error, and the error is still the caller's to handle", async () => {
  collected.spans = true;
  traceOutgoing();
  await expect(within(() => ask("/cut"))).rejects.toThrow("socket hang up");
  await vi.waitFor(() => expect(recorded).toHaveBeenCalledOnce());
  expect(spans()[0]).toMatchObject({ status: "error", events: [{ name: "exception" }] });
});

test("a body that is sent piece by piece has its trace in the head", async () => {
  traceOutgoing();
  await within(async () => {
    const posted = request({ port, host: "127.0.0.1", method: "POST", agent: false });
    posted.write("a");
    posted.end("b");
    const [response] = (await once(posted, "response")) as [IncomingMessage];
    expect(await read(response)).toBe("ok");
  });
  expect(seen[0]).toHaveProperty("traceparent", `00-${TRACE}-${REQUEST}-01`);
});

test("a header of the caller's own stays, and excepted hosts are told nothing", async () => {
  traceOutgoing();
  const own = `00-${TRACE}-ffffffffffffffff-01`;
  await within(() => ask("/", { headers: { traceparent: own } }));
  // A list of names and values is written as it is.
  await within(() => ask("/", { headers: ["host", "a", "x-own", "1"] }));
  traceOutgoing({ except: ["127.0.0.1"] });
  await within(() => ask());
  traceOutgoing(false);
  await within(() => ask());
  expect(seen.map(({ traceparent }) => traceparent)).toEqual([own, undefined, undefined, undefined]);
});

test("a request by node:https carries its trace too", async () => {
  traceOutgoing();
  // A key that both sides have needs no certificate.
  const key = Buffer.from("0123456789abcdef");
  const ciphers = "PSK-AES128-GCM-SHA256";
  const options = { ciphers, maxVersion: "TLSv1.2" } as const;
  const secure = createSecureServer({ ...options, pskCallback: () => key }, answer);
  await new Promise<void>((resolve) => secure.listen(0, "127.0.0.1", resolve));
  const client = {
    ...{ ...options, host: "127.0.0.1", port: (secure.address() as AddressInfo).port, agent: false },
    pskCallback: () => ({ psk: key, identity: "test" }),
    checkServerIdentity: () => undefined,
  } satisfies ConnectionOptions & RequestOptions;
  const asked = within(() => getSecurely(client));
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  expect(await read(response)).toBe("ok");
  expect(seen[0]).toHaveProperty("traceparent", `00-${TRACE}-${REQUEST}-01`);
  await new Promise((resolve) => secure.close(resolve));
});
