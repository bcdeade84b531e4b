import {
  cancellation,
  idsOf,
  parseDuration,
  runCall,
  toWireError,
  Work,
} from "@twinloop/core-native/internal";
import { APIError, HandlerResponse, log } from "@twinloop/core-native";
import { isContent } from "../body/answer-of.ts";
import { Context } from "../context.ts";
import { UNKNOWN_ENDPOINT } from "../endpoint-meta.ts";
import { eventsOf } from "../event-stream.ts";
import { eventsWithin } from "../events-within.ts";
import { methodsOf, type Endpoint } from "../registry.ts";
import { callOver, eventsOver } from "../remote/call-over.ts";
import { linkTo, type ServiceLink } from "../remote/service-link.ts";
import { CallContext, EventCallContext, type CallFacts } from "./call-context.ts";
import { admit, termsOf, type CallOpts, type CallTerms } from "./call-options.ts";
import { NOTHING, type ReceivedRequest } from "./call-schemas.ts";
import { beginCallSpan, failCallSpan } from "./call-span.ts";
import { calleeOf, type Callee } from "./callee.ts";
import { pathOf } from "./encode-request.ts";

type Run = (input: unknown, context: Context) => unknown;

/** A call that is about to run: its request has passed the checks, and its caller is let in. */
interface ReadyCall extends ReceivedRequest {
  readonly endpoint: Endpoint;
  /** The endpoint with its types; `undefined` in a test or script without a manifest, where nothing is checked. */
  readonly callee: Callee | undefined;
  readonly terms: CallTerms;
  /** The service's place in another process; `undefined` where the handler runs in this one. */
  readonly link: ServiceLink | undefined;
  readonly facts: CallFacts;
  /** The time limit in milliseconds; `undefined` for none. */
  readonly timeoutMs: number | undefined;
}

/** The time limit of an endpoint without `timeout`, the same as for requests. */
const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * Calls an endpoint from other code of the app, without a socket: with its checks, middlewares, time limit and errors. Where
 * `SERVICE_<NAME>_URL` says that its service runs in another process, the call goes there.
 *
 * Shape:  the request -> the response, both checked and stripped as over HTTP; dates, bigints and bytes stay what they are.
 *         The call's trace goes on with the caller's, and what ends the caller ends the call.
 * Errors: an `APIError` as a client would get it; its `cause` is the callee's own error. `unavailable`, `deadline_exceeded` and
 *         `unimplemented` also where the other process cannot be reached, is slow, or does not know the endpoint.
 * Example: `const user = await getUser({ id: "42" }, { signal: ctx.signal });` with `getUser` as `api()` has returned it.
 */
export async function callEndpoint(
  endpoint: Endpoint,
  request: unknown,
  options?: CallOpts,
): Promise<unknown> {
  return answerOfCall(endpoint, request, termsOf(options));
}

/** Calls an endpoint on terms that are known already, such as those of a call from another process. Errors: as `callEndpoint`. */
export async function answerOfCall(endpoint: Endpoint, request: unknown, terms: CallTerms): Promise<unknown> {
  const call = readyCall(endpoint, request, terms);
  const { callee, facts, input } = call;
  const { span } = facts;
  const context = new CallContext(callee?.meta ?? UNKNOWN_ENDPOINT, facts);
  if (terms.auth !== null) Context.identify(context, terms.auth);
  const bounds = { caller: terms.caller, signal: terms.signal, timeoutMs: call.timeoutMs };
  try {
    const result = await runCall(context, bounds, () => Work.runCall(context, runOf(call, callOver), input));
    const given = callee === undefined ? result : answered(callee, result);
    span?.end();
    return given;
  } catch (error) {
    const failed = told(error, callee, context);
    failCallSpan(span, failed);
    throw failed;
  }
}

/**
 * Calls an event stream from other code of the app: its events are checked and stripped as over HTTP.
 *
 * Shape:  the request -> the events as they come; the stream begins when the first one is asked for, and ends when its reader
 *         leaves the loop.
 * Errors: as `callEndpoint`, all of them from the generator: the call itself never throws.
 */
export function callEvents(
  endpoint: Endpoint,
  request: unknown,
  options?: CallOpts,
): AsyncGenerator<unknown> {
  // Who calls is settled now: whoever takes the events may do so elsewhere.
  let terms: CallTerms | APIError;
  try {
    terms = termsOf(options);
  } catch (error) {
    terms = error as APIError;
  }
  return eventsOfCall(endpoint, request, terms);
}

/**
 * Calls an event stream on terms that are known already, or throws what they could not be read for. An abort ends the events.
 *
 * Errors: as `callEndpoint`; the reason of the abort where the caller or its signal ends the call.
 */
export async function* eventsOfCall(
  endpoint: Endpoint,
  request: unknown,
  given: CallTerms | APIError,
): AsyncGenerator<unknown> {
  if (given instanceof APIError) throw given;
  const { auth, signal, caller } = given;
  const call = readyCall(endpoint, request, given);
  const { callee, facts, input } = call;
  const context = new EventCallContext(callee?.meta ?? UNKNOWN_ENDPOINT, facts);
  if (auth !== null) Context.identify(context, auth);
  const cut = (): void => Work.abortWith(context, cancellation(signal));
  if (signal?.aborted) cut();
  signal?.addEventListener("abort", cut, { once: true });
  try {
    if (caller !== undefined) {
      Work.throwIfOver(caller);
      Work.adopt(caller, context);
    }
    context.signal.throwIfAborted();
    const opened = await Work.runCall(context, runOf(call, eventsOver), input);
    const within = <T>(run: () => T): T => Work.inside(context, run);
    for await (const event of eventsWithin(eventsOf(opened), context.signal, within))
      yield eventOf(callee, event);
    context.signal.throwIfAborted();
  } catch (error) {
    const failed = told(error, callee, context);
    failCallSpan(facts.span, failed);
    throw failed;
  } finally {
    facts.span?.end();
    signal?.removeEventListener("abort", cut);
    if (caller !== undefined) Work.release(caller, context);
  }
}

/** Checks the request and the caller of a call; without a callee the request is passed on as it is. */
function readyCall(endpoint: Endpoint, request: unknown, terms: CallTerms): ReadyCall {
  const callee = calleeOf(endpoint);
  admit(endpoint, callee, terms.auth);
  const link = terms.hasArrived ? undefined : linkTo(callee);
  const received = callee?.schemas.request(callee.index, request) ?? { encoded: NOTHING, input: request };
  const [first = "POST"] = methodsOf(endpoint.options);
  const path = callee === undefined ? (endpoint.path ?? "") : pathOf(callee.meta.path, received.encoded);
  const method = first === "*" ? "POST" : first;
  const road = terms.hasArrived ? "arrived" : link === undefined ? "within" : "over";
  const span = beginCallSpan(callee?.meta ?? UNKNOWN_ENDPOINT, road, terms.by);
  const facts = { terms, span, method, path, encoded: received.encoded };
  return { endpoint, callee, terms, link, facts, timeoutMs: timeoutOf(endpoint, terms), ...received };
}

/** The time limit of a call: the endpoint's own, or the caller's where that is shorter. */
function timeoutOf({ options }: Endpoint, { withinMs }: CallTerms): number | undefined {
  const { timeout = DEFAULT_TIMEOUT_MS } = options;
  // The app's and the service's own limits hold for requests alone.
  const own = timeout === null ? undefined : parseDuration(timeout);
  if (withinMs === undefined || own === undefined) return withinMs ?? own;
  return Math.min(own, withinMs);
}

/** What runs a call: the handler, or what asks the process that has it. Of an endpoint without types, the handler as declared. */
function runOf(
  { endpoint, callee, link, terms, facts, timeoutMs }: ReadyCall,
  over: typeof callOver | typeof eventsOver,
): Run {
  if (link === undefined || callee === undefined) return (callee?.handler ?? endpoint.handler) as Run;
  const { auth } = terms;
  return (input, context) => {
    // The callee is below the call's span, where there is one.
    const origin = facts.span?.trace ?? terms.origin ?? context.trace;
    return over({ link, callee, input, auth, timeoutMs, origin }, context);
  };
}

/**
 * Checks and strips the result of a call by the response's type.
 *
 * Shape:  the result is written as the answer would be, and read back: the caller gets what a client would get, and no object
 *         that the callee still holds. Fields of headers and cookies are passed on as the handler has returned them, and so are
 *         bodies that are no JSON.
 * Errors: `ResponseMismatch` for a result that does not fit.
 */
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

/** Checks and strips an event, as `answered` does a result. */
function eventOf(callee: Callee | undefined, event: unknown): unknown {
  const type = callee?.planned.events;
  return type === undefined ? event : callee!.schemas.value(type, callee!.serialize!(event));
}

/** What the caller is told of an error: what a client would be told, with the error itself as cause. */
function told(error: unknown, callee: Callee | undefined, context: Work): APIError {
  const { code, message, details, status, headers } = toWireError(error);
  if (error instanceof APIError && status < 500) return error;
  if (status >= 500) {
    log.error(error, "failed to handle a call", { endpoint: callee?.meta.name, ...idsOf(context) });
  }
  const made = new APIError(code, message, error, details ?? undefined);
  return headers === undefined ? made : made.withHeaders(headers);
}
