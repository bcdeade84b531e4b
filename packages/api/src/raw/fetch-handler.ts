import { once } from "node:events";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { ErrCode } from "@twinloop/core-native";
import { encodeWireError } from "@twinloop/core-native/internal";
import type { RawExchange } from "./raw-exchange.ts";

/** A handler in fetch style. */
export type FetchHandler = (request: Request) => Response | PromiseLike<Response>;

/** Methods that no `Request` can have (WHATWG Fetch, 2.2.1 "forbidden method"). */
const FORBIDDEN: ReadonlySet<string> = new Set(["CONNECT", "TRACE", "TRACK"]);

/** The `allow` of an endpoint for any method, beside which every other name is allowed as well. */
const USUAL = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** The body of the answer 405, as Rust gives it to requests that reach no handler. */
const NOT_ALLOWED = encodeWireError({
  status: 405,
  code: ErrCode.Unimplemented,
  message: "the endpoint does not answer this method: see the allow header",
  details: null,
});

/** The methods of an endpoint that a handler in fetch style can be given, as `allow` lists them. */
export function allowedMethods(methods: readonly string[]): string {
  const all = methods.includes("*") ? USUAL : methods;
  return all.filter((method) => !FORBIDDEN.has(method)).join(", ");
}

/**
 * Runs a handler in fetch style on an exchange, and sends its response. A method that no `Request` can have is answered
 * with 405 and `allow`. Rejects with what the handler throws.
 */
export async function runFetch(
  handler: FetchHandler,
  exchange: RawExchange,
  signal: AbortSignal,
  allow: string,
): Promise<void> {
  if (FORBIDDEN.has((exchange.request.method ?? "").toUpperCase())) {
    exchange.response.writeHead(405, { allow, "content-type": "application/json" }).end(NOT_ALLOWED);
    return;
  }
  const response: unknown = await handler(requestOf(exchange, signal));
  if (!(response instanceof Response)) {
    const found = response === null ? "null" : typeof response;
    throw new TypeError(
      `a raw handler with one parameter takes a Request and must return a Response, but it returned ${found}`,
    );
  }
  await send(response, exchange);
}

const BODILESS: ReadonlySet<string> = new Set(["GET", "HEAD"]);

function requestOf(exchange: RawExchange, signal: AbortSignal): Request {
  const { request } = exchange;
  const { method = "GET", rawHeaders } = request;
  const headers = new Headers();
  for (let at = 0; at < rawHeaders.length; at += 2) headers.append(rawHeaders[at]!, rawHeaders[at + 1]!);
  const hasBody = !BODILESS.has(method) && !request.complete;
  const init = { method, headers, signal };
  return new Request(urlOf(exchange), hasBody ? { ...init, body: streamOf(request), duplex: "half" } : init);
}

/** The URL of a request. A path is put after the host and never resolved: `//a.test/b` would name another host. */
function urlOf({ request, protocol }: RawExchange): URL {
  const { url: target = "/", headers } = request;
  const base = `${protocol}://${headers.host ?? "localhost"}`;
  return target.startsWith("/") ? new URL(base + target) : new URL(target, base);
}

function streamOf(request: Readable): globalThis.ReadableStream {
  return Readable.toWeb(request) as globalThis.ReadableStream;
}

async function send(response: Response, { response: out, request }: RawExchange): Promise<void> {
  const headers: [string, string][] = [];
  for (const [name, value] of response.headers) headers.push([name, value]);
  out.statusCode = response.status;
  if (response.statusText !== "") out.statusMessage = response.statusText;
  for (const [name, value] of headers) out.appendHeader(name, value);
  if (response.body === null) return void out.end();
  if (request.method === "HEAD") {
    await response.body.cancel();
    return void out.end();
  }
  const reader = (response.body as unknown as ReadableStream<Uint8Array>).getReader();
  const leave = (): void => void reader.cancel().catch(() => undefined);
  out.once("close", leave);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (out.destroyed) return;
      // What is written leaves at the next tick: the end of a body that is there already still goes with it.
      if (done) return void out.end();
      if (!out.write(value)) await Promise.race([once(out, "drain"), once(out, "close")]);
    }
  } finally {
    out.off("close", leave);
  }
}
