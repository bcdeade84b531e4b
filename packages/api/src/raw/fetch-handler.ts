import { Readable } from "node:stream";
import type { ReadableStream, ReadableStreamDefaultReader } from "node:stream/web";
import { ErrCode } from "@twinloop/core-native";
import { encodeWireError } from "@twinloop/core-native/internal";
import { headersOf } from "./lazy-request.ts";
import type { RawExchange } from "./raw-exchange.ts";
import { addressOf } from "./request-address.ts";
import type { RawResponse } from "./raw-response.ts";
import { RawWriter } from "./raw-writer.ts";

/**
 * A handler in fetch style: takes the platform's `Request`, returns its `Response`.
 *
 * Errors: a `TypeError`, which is answered 500, for what is no response, for `Response.error()`, and for a response whose
 *         body was read.
 * Example: `api.raw({ expose: true, path: "/hook" }, async (request: Request) => new Response(await request.text()));`
 */
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
  await send(checked(await handler(streamedRequest(exchange, signal))), exchange);
}

/** Refuses what cannot be sent, in words that say why. */
export function checked(response: unknown): Response {
  if (!(response instanceof Response)) {
    const found = response === null ? "null" : typeof response;
    throw new TypeError(
      `a raw handler with one parameter takes a Request and must return a Response, but it returned ${found}`,
    );
  }
  if (response.type === "error") {
    throw new TypeError(
      "a raw handler returned Response.error(), which stands for a failed network and has no status to be sent",
    );
  }
  if (response.bodyUsed || response.body?.locked) {
    throw new TypeError(
      "a raw handler returned a Response whose body has been read, or is being read: return `response.clone()`",
    );
  }
  return response;
}

/** The methods whose `Request` cannot have a body (WHATWG Fetch, "new Request"); what a client sends with them is dropped. */
const BODILESS: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/** Makes the `Request` of an exchange; the body is a stream of Node's request, read at the pace of the handler. */
function streamedRequest(exchange: RawExchange, signal: AbortSignal): Request {
  const { request, protocol } = exchange;
  const { method = "GET", rawHeaders, url: target = "/" } = request;
  const init = { method, headers: headersOf(rawHeaders), signal };
  const hasBody = !BODILESS.has(method) && !request.complete;
  const url = addressOf(protocol, request.headers.host, target);
  return new Request(url, hasBody ? { ...init, body: streamOf(request), duplex: "half" } : init);
}

function streamOf(request: Readable): globalThis.ReadableStream {
  return Readable.toWeb(request) as globalThis.ReadableStream;
}

/** The codings that `fetch` takes off the body of its response, whose headers still name them. */
const DECODED = /^ *(?:x-)?(?:gzip|deflate|br)(?: *, *(?:x-)?(?:gzip|deflate|br))* *$/i;

/**
 * Whether a response comes of `fetch`, which has decoded its body: its length and coding are those of other bytes. A proxy
 * that returns such a response would otherwise announce gzip and send plain text.
 */
function isDecoded({ url, body, headers }: Response): boolean {
  return url !== "" && body !== null && DECODED.test(headers.get("content-encoding") ?? "");
}

/** Sends a response through Node's. */
export async function send(response: Response, { response: out, request }: RawExchange): Promise<void> {
  out.statusCode = response.status;
  if (response.statusText !== "") out.statusMessage = response.statusText;
  const hasOthers = request.method !== "HEAD" && isDecoded(response);
  for (const [name, value] of response.headers) {
    if (hasOthers && (name === "content-encoding" || name === "content-length")) continue;
    // As with a handler in Node's style, what it says goes before what a middleware has set.
    if (name === "set-cookie") out.appendHeader(name, value);
    else out.setHeader(name, value);
  }
  if (response.body === null) return void out.end();
  if (request.method === "HEAD") {
    await response.body.cancel();
    return void out.end();
  }
  await sendBody((response.body as unknown as ReadableStream<Uint8Array>).getReader(), out);
}

/** Sends a body's pieces at the pace of the client. A client that leaves cancels the body, so that its source ends. */
async function sendBody(reader: ReadableStreamDefaultReader<Uint8Array>, out: RawResponse): Promise<void> {
  const writer = new RawWriter(out);
  const left = (): void => void reader.cancel().catch(() => undefined);
  out.once("close", left);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (out.destroyed) return;
      // What is written leaves at the next tick: the end of a body that is there already still goes with it.
      if (done) return void out.end();
      await writer.write(value);
    }
  } finally {
    writer.release();
    out.off("close", left);
  }
}
