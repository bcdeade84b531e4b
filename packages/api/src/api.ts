import { callSite, register } from "@twinloop/core-native/internal";
import type { StandardSchema } from "@twinloop/core-native";
import { callEndpoint, callEvents } from "./call/call.ts";
import type { CallOpts } from "./call/call-options.ts";
import type { Context } from "./context.ts";
import type { EventContext, ServerSentEvent } from "./event-stream.ts";
import type { AnyMethod, Exposed, RouteOptions, TypedEndpoint, Unrouted } from "./exposed.ts";
import { httpComponent } from "./http.ts";
import type { OpenedAnswer } from "./opened-answer.ts";
import type { APIOptions, Infer, InferInput } from "./options.ts";
import { raw } from "./raw/raw.ts";
import { calledBy, declare, type Endpoint, type Handler } from "./registry.ts";
import { streamIn, streamInOut, streamOut } from "./stream/declare-stream.ts";
import { declareStatic, type StaticAssets } from "./static.ts";
import type { StaticOptions } from "./static-options.ts";

/**
 * An endpoint seen as a function: callable by other code of the app, without a network in between.
 *
 * Shape:  the request, left out where the handler takes none, and `CallOpts` -> a promise of the handler's response. The call
 *         goes to another process where `SERVICE_<NAME>_URL` says that the endpoint's service runs there.
 * Errors: an `APIError`, as a client of the endpoint would get it.
 */
export type Callable<Request, Response> = [Request] extends [void]
  ? (request?: undefined, callOptions?: CallOpts) => Promise<OpenedAnswer<Awaited<Response>>>
  : (request: Request, callOptions?: CallOpts) => Promise<OpenedAnswer<Awaited<Response>>>;

/**
 * Declares an HTTP endpoint. Its input is checked in Rust against the handler's own types before any JavaScript runs.
 *
 * Shape:  options and a handler `(request, ctx) => response` -> the endpoint, callable as a function by other code of the
 *         app, without a socket: `await hello({ name })`. Such a call is checked, wrapped by middleware and bounded in time
 *         as a request over HTTP is, and its errors are those that a client would get. Its second argument takes a signal.
 * Units:  POST by default; a body of at most `bodyLimit` (2 MiB) and an answer within `timeout` (30 s).
 * Errors: what the handler throws becomes the answer: an `APIError` with its code, anything else 500 without detail. Rust
 *         refuses by itself: 400 for an input that does not fit, 401 for an unknown caller, 413, 415 and 429; after `timeout`
 *         the answer is 504 and `ctx.signal` aborts. A response that does not fit its type is answered 500, and logged.
 * Example:
 * ```ts
 * export const hello = api(
 *   { expose: true, method: "GET", path: "/hello/:name" },
 *   async ({ name }: { name: string }) => ({ message: `Hello ${name}!` }),
 * );
 * ```
 */
export function api<
  Schema extends StandardSchema,
  Response = unknown,
  const M extends AnyMethod = "POST",
  const P extends string = "",
  const E extends boolean = false,
>(
  options: APIOptions & RouteOptions<M, P, E> & { readonly request: Schema },
  handler: (request: Infer<Schema>, context: Context) => Response,
): Callable<Infer<Schema>, Response> & Exposed<E, TypedEndpoint<M, P, "call", InferInput<Schema>, Response>>;
export function api<
  Request = void,
  Response = unknown,
  const M extends AnyMethod = "POST",
  const P extends string = "",
  const E extends boolean = false,
>(
  options: APIOptions & RouteOptions<M, P, E> & { readonly request?: never },
  handler: (request: Request, context: Context) => Response | PromiseLike<Response>,
): Callable<Request, Response> & Exposed<E, TypedEndpoint<M, P, "call", Request, Response>>;
// With type arguments the options are not inferred, and fit none of the defaults above.
export function api<Request = void, Response = unknown>(
  options: APIOptions & { readonly request?: never },
  handler: (request: Request, context: Context) => Response | PromiseLike<Response>,
): Callable<Request, Response> & Unrouted<TypedEndpoint<AnyMethod, string, "call", Request, Response>>;
export function api(
  options: APIOptions,
  handler: Handler,
): (request?: unknown, callOptions?: CallOpts) => Promise<unknown> {
  register(httpComponent);
  const { path } = options;
  const endpoint: Endpoint = { kind: "typed", options, handler, site: callSite(api), name: undefined, path };
  declare(endpoint);
  return calledBy((request, callOptions) => callEndpoint(endpoint, request, callOptions), endpoint);
}

/**
 * Declares a folder whose files are served from Rust: no JavaScript runs for them.
 *
 * Shape:  answers GET and HEAD; `index.html` for a folder; validators, one range, and `.br` or `.gz` siblings that are not
 *         older than their file. Hidden files and links that leave the folder are as if they were not there.
 * Units:  files under 256 KiB are kept in memory, 16 MiB of them for each folder; a change is seen within a second.
 * Errors: `start()` refuses a folder that is not there.
 * Example: `export const page = api.static({ expose: true, path: "/*file", dir: "./public" });`
 */
function serveStatic(options: StaticOptions): StaticAssets {
  register(httpComponent);
  return declareStatic(options, callSite(serveStatic));
}

/**
 * An event stream seen as a function: callable by other code of the app, without a network in between.
 *
 * Shape:  the request, left out where the handler takes none, and `CallOpts` -> an iterable of the events. The handler runs
 *         once the first event is asked for; leaving the loop runs its `finally` blocks.
 * Errors: the iteration throws an `APIError`, as a client of the endpoint would get it.
 */
export type EventSourceFunction<Request, Event> = [Request] extends [void]
  ? (request?: undefined, callOptions?: CallOpts) => AsyncIterable<Event>
  : (request: Request, callOptions?: CallOpts) => AsyncIterable<Event>;

/**
 * Declares an endpoint that answers with server-sent events (`text/event-stream`), which a browser reads by
 * `new EventSource(path)`. The counterpart of Encore's `api.streamOut`, over plain HTTP.
 *
 * Shape:  options and a handler `(request, ctx)` that yields `{ data, event?, id?, retry? }`, usually an
 *         `async function*`. The request is checked as every request, each event by the type that is yielded; `data` is
 *         sent as JSON. `ctx.lastEventId` says where a client that connects again has stopped. When the client leaves or
 *         the app stops, `ctx.signal` aborts and the generator returns: its `finally` blocks run.
 * Units:  GET by default. A comment every 15 s of silence. At most 64 events or 64 KiB are on their way to a client; then
 *         the generator waits for it. A stream has no time limit and does not count as a request in flight.
 * Errors: what the handler throws within its first 250 ms, before its first event, becomes the answer; later the
 *         connection is broken off and logged, and the client connects again.
 * Source: WHATWG HTML, section 9.2.
 * Example:
 * ```ts
 * export const ticks = api.sse({ expose: true, path: "/ticks" }, async function* (_: void, { signal }) {
 *   for await (const _ of setInterval(1000, null, { signal })) yield { event: "tick", data: { at: new Date() } };
 * });
 * ```
 */
function serveEvents<
  Schema extends StandardSchema,
  Event extends ServerSentEvent,
  const M extends AnyMethod = "GET",
  const P extends string = "",
  const E extends boolean = false,
>(
  options: APIOptions & RouteOptions<M, P, E> & { readonly request: Schema },
  handler: (
    request: Infer<Schema>,
    context: EventContext,
  ) => AsyncIterable<Event> | Promise<AsyncIterable<Event>>,
): EventSourceFunction<Infer<Schema>, Event> &
  Exposed<E, TypedEndpoint<M, P, "events", InferInput<Schema>, Event>>;
function serveEvents<
  Request = void,
  Event extends ServerSentEvent = ServerSentEvent,
  const M extends AnyMethod = "GET",
  const P extends string = "",
  const E extends boolean = false,
>(
  options: APIOptions & RouteOptions<M, P, E> & { readonly request?: never },
  handler: (request: Request, context: EventContext) => AsyncIterable<Event> | Promise<AsyncIterable<Event>>,
): EventSourceFunction<Request, Event> & Exposed<E, TypedEndpoint<M, P, "events", Request, Event>>;
function serveEvents<Request = void, Event extends ServerSentEvent = ServerSentEvent>(
  options: APIOptions & { readonly request?: never },
  handler: (request: Request, context: EventContext) => AsyncIterable<Event> | Promise<AsyncIterable<Event>>,
): EventSourceFunction<Request, Event> & Unrouted<TypedEndpoint<AnyMethod, string, "events", Request, Event>>;
function serveEvents(
  options: APIOptions,
  handler: EventHandler,
): (request?: unknown, callOptions?: CallOpts) => AsyncIterable<unknown> {
  register(httpComponent);
  const { method = "GET" } = options;
  const whole = { ...options, method };
  const endpoint: Endpoint = {
    kind: "sse",
    options: whole,
    handler: handler as Handler,
    site: callSite(serveEvents),
    name: undefined,
    path: options?.path,
  };
  declare(endpoint);
  return calledBy((request, callOptions) => callEvents(endpoint, request, callOptions), endpoint);
}

/** A handler of `api.sse` of any request and event type; an `async function*` is one. */
type EventHandler = (
  request: never,
  context: EventContext,
) => AsyncIterable<unknown> | Promise<AsyncIterable<unknown>>;

/** Further ways to declare endpoints, as properties of `api`: `api.raw`, `api.sse`, `api.static` and the WebSocket streams. */
export declare namespace api {
  export { raw, serveEvents as sse, serveStatic as static, streamIn, streamInOut, streamOut };
}

Object.assign(api, { raw, sse: serveEvents, static: serveStatic, streamIn, streamInOut, streamOut });
