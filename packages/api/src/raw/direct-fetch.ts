import { isThenable, port, Work } from "@twinloop/core-native/internal";
import { checked, runFetch, send, type FetchHandler } from "./fetch-handler.ts";
import { prepareRequests, requestOf } from "./lazy-request.ts";
import { RawContext } from "./raw-exchange.ts";
import type { RawHead } from "./raw-request.ts";
import { addressOf, checkHost } from "./request-address.ts";

/** Methods whose requests need nothing of Node's: they are spelled as `Request` spells them, and their answers have bodies. */
const DIRECT: ReadonlySet<string> = new Set(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** Where the runtime keeps the state of a response; `undefined` where it is out of reach. */
let state: symbol | undefined;

/** A body as Node keeps it: `source` is what the response was made of, `length` its bytes. */
interface KeptBody {
  readonly source: unknown;
  readonly length: number | null;
}

/**
 * Runs a handler in fetch style that no middleware stands before. Where the request has come whole and the response is there
 * whole, neither Node's request and response nor a stream is made; any other goes the way of handlers in Node's style.
 *
 * Shape:  the handler, and the `allow` of its 405 -> what runs a request from its head. Behaviour is that of `runFetch` in
 *         either way; only the cost differs.
 * Source: undici keeps a response's state under the symbol `state`. Where it is not found, bodies are read as streams.
 */
export function directFetch(
  handler: FetchHandler,
  allow: string,
): (head: RawHead, context: RawContext) => unknown {
  prepareRequests();
  state ??= Object.getOwnPropertySymbols(new Response()).find(({ description }) => description === "state");
  return (head, context) => {
    Work.take(context, undefined);
    const [method, , , , , , body] = head;
    if (body === 1 || !DIRECT.has(method)) return throughNode(handler, allow, head, context);
    const response: unknown = handler(wholeRequest(head, context));
    if (isThenable(response)) return response.then((one) => answer(checked(one), head, context));
    return answer(checked(response), head, context);
  };
}

/**
 * Runs a request by Node's request and response: its body comes in pieces, or `Request` does not take its method as it is
 * spelled.
 */
function throughNode(
  handler: FetchHandler,
  allow: string,
  head: RawHead,
  context: RawContext,
): Promise<void> {
  const exchange = RawContext.begin(context, port(), head);
  exchange.isHandled = true;
  return runFetch(handler, exchange, context.signal, allow);
}

/** The request of a head whose body has come with it. The host is checked at once, the address made when somebody asks for it. */
function wholeRequest(head: RawHead, context: RawContext): Request {
  const [method, target, , , protocol, rawHeaders, body] = head;
  const host = hostOf(rawHeaders);
  checkHost(protocol, host);
  return requestOf({
    method,
    rawHeaders,
    // A GET has no body, whatever its client has sent.
    body: method !== "GET" && typeof body === "string" ? Buffer.from(body, "latin1") : undefined,
    get signal() {
      return context.signal;
    },
    address: () => addressOf(protocol, host, target),
  });
}

/** The first `host` of a request's headers, found without making `Headers`. */
function hostOf(rawHeaders: readonly string[]): string | undefined {
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!;
    if (name.length === 4 && name.toLowerCase() === "host") return rawHeaders[at + 1];
  }
  return undefined;
}

/**
 * Sends a response: in one reply where its body is there, else through Node's response. One whose client has left is dropped,
 * and its body cancelled.
 */
function answer(response: Response, head: RawHead, context: RawContext): Promise<void> | undefined {
  const body = wholeBody(response);
  if (Work.isOver(context)) {
    Work.end(context);
    return response.body?.cancel();
  }
  if (body === undefined) {
    const exchange = RawContext.begin(context, port(), head);
    exchange.isHandled = true;
    return send(response, exchange);
  }
  const pairs = [...response.headers];
  const headers = pairs.length === 0 ? "" : JSON.stringify(pairs);
  const { outbox } = port();
  const { status } = response;
  if (typeof body !== "string") outbox.replyWithBytes(Work.id(context), status, headers, body);
  // A line break ends a text on its way to Rust.
  else if (body.includes("\n")) outbox.replyWithBytes(Work.id(context), status, headers, Buffer.from(body));
  else outbox.replyWithHeaders(Work.id(context), status, headers, body);
  Work.end(context);
  return undefined;
}

/** The body of a response whose body is there whole; `undefined` where it comes in pieces, or the response needs more than a reply. */
function wholeBody(response: Response): string | Uint8Array | undefined {
  // What comes of `fetch` may have been decoded, and a reason of one's own is Node's to check.
  if (response.url !== "" || response.statusText !== "") return undefined;
  if (response.body === null) return "";
  if (state === undefined) return undefined;
  const kept = (response as unknown as Record<symbol, { readonly body?: KeptBody } | undefined>)[state];
  const { source, length } = kept?.body ?? {};
  if (typeof source === "string") return source;
  return source instanceof Uint8Array && source.byteLength === length ? source : undefined;
}
