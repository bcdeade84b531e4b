import { APIError } from "../errors/error.ts";
import { callSite, placeText, type CodePlace } from "../manifest/call-site.ts";
import { HandlerResponse } from "./handler-response.ts";
import { MiddlewareRequest } from "./middleware-request.ts";
import { isThenable } from "./thenable.ts";
import type { Work } from "./work.ts";

/** What a target compares: an operation as middleware sees it. */
export interface MiddlewareSubject {
  /** The kind of the operation: `api-call`, `pubsub-message` or `cron-job`. */
  readonly type: string;
  /** The operation's name in errors, such as `users.get`. */
  readonly name: string;
  readonly expose?: boolean;
  readonly auth?: boolean;
  readonly isRaw?: boolean;
  readonly isStream?: boolean;
  readonly tags?: readonly string[];
}

/** The operations that a middleware runs around; all conditions that are given must hold. */
export interface MiddlewareTarget {
  /** Operations of these kinds only: `api-call`, `pubsub-message` (also for batches) or `cron-job`, one or several. */
  readonly type?: string | readonly string[];
  /** Endpoints with at least one of these tags. */
  readonly tags?: readonly string[];
  /** Endpoints that outside callers reach, or, with `false`, everything else. */
  readonly expose?: boolean;
  /** Endpoints that need a signed-in caller, or, with `false`, everything else. */
  readonly auth?: boolean;
  /** Raw endpoints, or, with `false`, everything else. */
  readonly isRaw?: boolean;
  /** Streams (WebSockets and server-sent events), or, with `false`, everything else. */
  readonly isStream?: boolean;
}

/** The options of a middleware. */
export interface MiddlewareOptions {
  /** The operations that the middleware runs around. Default: all. */
  readonly target?: MiddlewareTarget;
}

/** Runs the rest of the chain, ending with the handler. Takes the middleware's request, once. */
export type Next = (request: MiddlewareRequest) => Promise<HandlerResponse>;

/** The function of a middleware. */
export type MiddlewareFn = (
  request: MiddlewareRequest,
  next: Next,
) => HandlerResponse | PromiseLike<HandlerResponse>;

/** A function that runs around handlers. */
export interface Middleware extends MiddlewareFn {
  readonly options?: MiddlewareOptions;
}

/**
 * Makes a middleware: a function that runs around handlers, after their input was checked.
 *
 * Shape:  `(request, next) => response`. `await next(request)` runs the rest of the chain; its response must be returned,
 *         and may be changed before. A middleware that does not call `next` answers in the handler's place with
 *         `new HandlerResponse(payload)`. What it throws becomes the answer.
 * Units:  runs for the services that list it (`new Service(name, { middlewares })`), or for the whole app
 *         (`start({ middlewares })`), the app's first, in the order of the lists; also around subscriptions and cron jobs.
 * Errors: calling `next` twice, or returning anything but a response, fails the operation with an error that names the
 *         middleware.
 * Example:
 * ```ts
 * const timing = middleware(async (request, next) => {
 *   const began = performance.now();
 *   const response = await next(request);
 *   response.header.set("server-timing", `app;dur=${performance.now() - began}`);
 *   return response;
 * });
 * ```
 */
export function middleware(run: MiddlewareFn): Middleware;
/** Makes a middleware that runs around the operations of `options.target` only. */
export function middleware(options: MiddlewareOptions, run: MiddlewareFn): Middleware;
export function middleware(first: MiddlewareOptions | MiddlewareFn, second?: MiddlewareFn): Middleware {
  const made = second === undefined ? (first as Middleware) : targeted(first as MiddlewareOptions, second);
  if (typeof made === "function") sites.set(made, callSite(middleware));
  return made;
}

/** The places of the calls that made middlewares, for errors of those whose functions have no name. */
const sites = new WeakMap<Middleware, CodePlace | undefined>();

function targeted(options: MiddlewareOptions, run: MiddlewareFn): Middleware {
  const made: Middleware = (request, next) => run(request, next);
  Object.defineProperty(made, "name", { value: typeof run === "function" ? run.name : "" });
  return Object.assign(made, { options: Object.freeze({ ...options }) });
}

/** Tells whether a middleware runs around an operation. */
export function isTargeted({ options }: Middleware, subject: MiddlewareSubject): boolean {
  const { type, tags, expose, auth, isRaw, isStream } = options?.target ?? {};
  const { expose: isExposed = false, auth: hasAuth = false, tags: own = [] } = subject;
  return (
    (type === undefined || [type].flat().includes(subject.type)) &&
    (tags === undefined || tags.some((tag) => own.includes(tag))) &&
    (expose === undefined || expose === isExposed) &&
    (auth === undefined || auth === hasAuth) &&
    (isRaw === undefined || isRaw === (subject.isRaw ?? false)) &&
    (isStream === undefined || isStream === (subject.isStream ?? false))
  );
}

type Step = (request: MiddlewareRequest) => Promise<HandlerResponse>;

/**
 * Composes middlewares and a handler into one function, once, at start. No closure is made for a request.
 *
 * Shape:  the middlewares that are targeted run in order; the composed function resolves to a `HandlerResponse`. Without
 *         any, `undefined`: the handler is called as it is.
 */
export function compose<I, W extends Work>(
  middlewares: readonly Middleware[],
  handler: (input: I, work: W) => unknown,
  subject: MiddlewareSubject,
): ((input: I, work: W) => Promise<HandlerResponse>) | undefined {
  const layers = middlewares.filter((one) => isTargeted(one, subject));
  if (layers.length === 0) return undefined;
  const innermost: Step = (request) => {
    const result = handler(MiddlewareRequest.inputOf(request) as I, MiddlewareRequest.workOf(request) as W);
    return isThenable(result)
      ? (result.then(respondWith) as Promise<HandlerResponse>)
      : Promise.resolve(respondWith(result));
  };
  const run = layers.reduceRight<Step>(
    (inner, layer, index) => around(layer, inner, index + 1, `${titleOf(layer, index)} of ${subject.name}`),
    innermost,
  );
  return (input, work) => run(new MiddlewareRequest(work, input));
}

function respondWith(payload: unknown): HandlerResponse {
  return new HandlerResponse(payload);
}

/** Puts one middleware around the rest of the chain. */
function around(layer: Middleware, inner: Step, depth: number, title: string): Step {
  const next: Next = (request) => {
    if (!(request instanceof MiddlewareRequest)) return misused(`${title} calls next() without its request`);
    if (!MiddlewareRequest.enter(request, depth)) return misused(`${title} calls next() twice`);
    try {
      return MiddlewareRequest.give(request, inner(request));
    } catch (error) {
      return Promise.reject(error as Error);
    }
  };
  const checked = (response: unknown): HandlerResponse => {
    if (response instanceof HandlerResponse) return response;
    const found = response === undefined ? "nothing" : `a value of the type ${typeof response}`;
    throw APIError.internal(
      `${title} returns ${found}: return the response of \`await next(request)\`, or a new HandlerResponse`,
    );
  };
  return (request) => {
    const response: unknown = layer(request, next);
    // What `next` gave is checked, and costs no promise more.
    if (MiddlewareRequest.isGiven(request, response)) return response as Promise<HandlerResponse>;
    return isThenable(response)
      ? (response.then(checked) as Promise<HandlerResponse>)
      : Promise.resolve(checked(response));
  };
}

function misused(message: string): Promise<never> {
  return Promise.reject(APIError.internal(message));
}

/** A middleware in words: its function's name, else its place, else its place in the chain. */
export function titleOf(layer: Middleware, index: number): string {
  const site = sites.get(layer);
  if (layer.name !== "") return `the middleware ${layer.name}`;
  return site === undefined ? `the middleware #${index + 1}` : `the middleware at ${placeText(site)}`;
}
