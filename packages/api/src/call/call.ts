import {
  parseDuration,
  runCall,
  toWireError,
  Work,
  type EncodedRequest,
  type RequestPlace,
} from "@twinloop/core-native/internal";
import { APIError, currentRequest, HandlerResponse, log } from "@twinloop/core-native";
import type { AuthData } from "../auth/auth-data.ts";
import { isContent } from "../body/answer-of.ts";
import { Context } from "../context.ts";
import { UNKNOWN_ENDPOINT } from "../endpoint-meta.ts";
import { methodsOf, type Endpoint } from "../registry.ts";
import { CallContext, EventCallContext, type CallFacts } from "./call-context.ts";
import { calleeOf, type Callee } from "./callee.ts";
import { encodeRequest, pathOf } from "./encode-request.ts";

/** The options of a call of one endpoint by other code of the app. */
export interface CallOpts {
  /** The data of the caller that the callee finds. Default: that of the request which makes the call; `null` for nobody. */
  readonly authData?: AuthData | null;
  /** A signal that ends the call: it rejects, and the callee's `ctx.signal` aborts. */
  readonly signal?: AbortSignal;
}

type Run = (input: unknown, context: Context) => unknown;

const DEFAULT_TIMEOUT_MS = 30_000;
const EMPTY: EncodedRequest = { path: [], query: null, headers: [], body: "" };

/**
 * Calls an endpoint from other code of the app, without a socket: with its checks, middlewares, time limit and errors.
 *
 * Shape:  the request -> the response, both checked and stripped as over HTTP; dates, bigints and bytes stay what they are.
 *         The call's trace goes on with the caller's, and what ends the caller ends the call.
 * Errors: an `APIError` as a client would get it; its `cause` is the callee's own error.
 */
export async function callEndpoint(
  endpoint: Endpoint,
  request: unknown,
  options?: CallOpts,
): Promise<unknown> {
  const callee = calleeOf(endpoint);
  const { signal, auth } = optionsOf(endpoint, options);
  const { encoded, input } = received(callee, request);
  const context = new CallContext(callee?.meta ?? UNKNOWN_ENDPOINT, factsOf(endpoint, callee, encoded));
  identify(context, auth);
  const { timeout = DEFAULT_TIMEOUT_MS } = endpoint.options;
  const bounds = {
    caller: currentRequest() as Work | undefined,
    signal,
    // The app's and the service's own limits hold for requests alone.
    timeoutMs: timeout === null ? undefined : parseDuration(timeout),
  };
  try {
    const handler = (callee?.handler ?? endpoint.handler) as Run;
    const result = await runCall(context, bounds, () => Work.runCall(context, handler, input));
    return callee === undefined ? result : answered(callee, result);
  } catch (error) {
    throw told(error, callee, context);
  }
}

/** Calls an event stream from other code of the app: its events are checked and stripped as over HTTP. */
export async function* callEvents(
  endpoint: Endpoint,
  request: unknown,
  options?: CallOpts,
): AsyncGenerator<unknown> {
  const callee = calleeOf(endpoint);
  const { signal, auth } = optionsOf(endpoint, options);
  const { encoded, input } = received(callee, request);
  const context = new EventCallContext(callee?.meta ?? UNKNOWN_ENDPOINT, factsOf(endpoint, callee, encoded));
  identify(context, auth);
  const caller = currentRequest() as Work | undefined;
  const cut = (): void => Work.abortWith(context, APIError.canceled("the caller canceled the call"));
  if (signal?.aborted) cut();
  signal?.addEventListener("abort", cut, { once: true });
  if (caller !== undefined) Work.adopt(caller, context);
  try {
    const handler = (callee?.handler ?? endpoint.handler) as Run;
    const opened = await Work.runCall(context, handler, input);
    const events = (opened instanceof HandlerResponse ? opened.payload : opened) as AsyncIterable<unknown>;
    const iterator = events[Symbol.asyncIterator]();
    // Each part of the generator runs in the call's own context, whoever asks for the next event.
    const next = (): Promise<IteratorResult<unknown>> => Work.inside(context, () => iterator.next());
    try {
      for (let step = await next(); !step.done; step = await next()) yield eventOf(callee, step.value);
    } finally {
      await iterator.return?.();
    }
  } catch (error) {
    throw told(error, callee, context);
  } finally {
    signal?.removeEventListener("abort", cut);
    if (caller !== undefined) Work.release(caller, context);
  }
}

/** Checks the request of a call; without a callee it is passed on as it is. */
function received(callee: Callee | undefined, request: unknown): { encoded: EncodedRequest; input: unknown } {
  if (callee === undefined) return { encoded: EMPTY, input: request };
  const place = callee.planned.request;
  if (place === null) return { encoded: EMPTY, input: undefined };
  // Files, texts and bytes of a body, and the values of sealed cookies, are what the caller gives: no JSON carries them.
  if (isGivenAsIs(place)) return { encoded: EMPTY, input: request };
  const encoded = encodeRequest(place, request);
  return { encoded, input: callee.schemas.request(callee.index, encoded) };
}

function isGivenAsIs({ bodyAs, fields }: RequestPlace): boolean {
  return bodyAs !== undefined || fields.some(({ sealed }) => sealed !== undefined);
}

function factsOf(endpoint: Endpoint, callee: Callee | undefined, encoded: EncodedRequest): CallFacts {
  const [method = "POST"] = methodsOf(endpoint.options);
  const path = callee === undefined ? (endpoint.path ?? "") : pathOf(callee.meta.path, encoded);
  const caller = currentRequest() as Work | undefined;
  return { caller, method: method === "*" ? "POST" : method, path, encoded };
}

/** Checks and strips the result of a call by the response's type. */
function answered({ planned: { response }, respond, schemas }: Callee, result: unknown): unknown {
  const payload: unknown = result instanceof HandlerResponse ? result.payload : result;
  const { body } = respond(result);
  if (response === null) return undefined;
  // A body that is no JSON stays what the handler has returned, checked by its kind.
  if (response.bodyField !== undefined || isContent(payload) || typeof body !== "string") return payload;
  const checked = response.body === null || body === "" ? undefined : schemas.value(response.body, body);
  if (response.fields.length === 0) return checked;
  const fields = response.fields.map(({ name }) => [name, (payload as Record<string, unknown>)[name]]);
  return { ...Object.fromEntries(fields.filter(([, value]) => value !== undefined)), ...(checked as object) };
}

function eventOf(callee: Callee | undefined, event: unknown): unknown {
  const type = callee?.planned.events;
  return type === undefined ? event : callee!.schemas.value(type, callee!.serialize!(event));
}

/** What the caller is told of an error: what a client would be told, with the error itself as cause. */
function told(error: unknown, callee: Callee | undefined, { trace: { traceId } }: Work): APIError {
  const { code, message, details, status, headers } = toWireError(error);
  if (error instanceof APIError && status < 500) return error;
  if (status >= 500) {
    log.error(error, "failed to handle a call", { endpoint: callee?.meta.name, trace: traceId });
  }
  const made = new APIError(code, message, error, details ?? undefined);
  return headers === undefined ? made : made.withHeaders(headers);
}

/** Reads the options of a call, and who its caller is. Errors: `unauthenticated` where the endpoint needs to know it. */
function optionsOf(
  endpoint: Endpoint,
  options: unknown,
): { readonly signal: AbortSignal | undefined; readonly auth: AuthData | null } {
  const { signal, authData } = fits(options);
  const caller = currentRequest() as Work | undefined;
  const auth = authData === undefined ? (caller instanceof Context ? caller.auth : null) : authData;
  const { auth: required = false } = endpoint.options;
  if (required !== false && auth === null)
    throw APIError.unauthenticated("the endpoint needs a known caller, and the call has no auth data");
  return { signal, auth };
}

function fits(options: unknown): CallOpts {
  if (options === undefined) return {};
  const { signal, authData } = (
    typeof options === "object" ? (options ?? { signal: 0 }) : { signal: 0 }
  ) as CallOpts;
  const isKnown = authData === undefined || authData === null || typeof authData.userID === "string";
  if (isKnown && (signal === undefined || signal instanceof AbortSignal)) return options as CallOpts;
  throw APIError.invalidArgument(
    "the second argument of a call must be an object: { signal?: AbortSignal, authData?: { userID, … } | null }",
  );
}

function identify(context: Context, auth: AuthData | null): void {
  if (auth !== null) Context.identify(context, auth);
}
