/**
 * The receiving end of calls from other processes of the app: one endpoint, which `withCallRoad` adds to a server that has
 * `SERVICE_AUTH_SECRET`.
 *
 * The token has been verified in Rust (signature, issuer, audience, age); here it is compared with the path and the hash of
 * the body, so that a token that was overheard moves no other call. The endpoint then runs as if this process had called it:
 * with its checks, middlewares and limits, and with the caller's auth data. It runs here whatever the variables of this
 * process say of its service, so that two processes cannot send a call back and forth.
 */
import { buffer } from "node:stream/consumers";
import { APIError, currentRequest } from "@twinloop/core-native";
import { httpStatus } from "@twinloop/core-native/internal";
import type { AuthData } from "../auth/auth-data.ts";
import { answerOfCall, eventsOfCall } from "../call/call.ts";
import type { CallTerms } from "../call/call-options.ts";
import type { Context } from "../context.ts";
import type { PlannedEndpoint } from "../plan.ts";
import type { RawRequest } from "../raw/raw-request.ts";
import type { RawResponse } from "../raw/raw-response.ts";
import { RawWriter } from "../raw/raw-writer.ts";
import type { Handler } from "../registry.ts";
import { hashOf } from "./service-secret.ts";
import { ANSWER_HEADER, CALL_FOLDER, type SignedAnswer, type SignedBody } from "./signed-call.ts";
import { readValue, writeValue } from "./wire-value.ts";
import { errorToWrite } from "./written-error.ts";

/** The route of calls from other processes. */
const ROUTE = `${CALL_FOLDER}:name`;

/** How long an event stream may be silent: a proxy in between would end it. */
const BEAT_MS = 15_000;

/** The headers of an answer. The first tells the caller that no proxy has made it. */
const ANSWERED = { [ANSWER_HEADER]: "1", "content-type": "application/json" };
/** The headers of a streamed answer: one JSON text in a line for each event. */
const STREAMED = {
  [ANSWER_HEADER]: "1",
  "content-type": "application/x-ndjson",
  "cache-control": "no-store",
};

/**
 * The endpoint that takes calls from other processes of the app, all of them signed: Rust has verified the token, and refused a
 * call without one, before this runs.
 *
 * Shape:  the endpoints that can be called, and the indices of the auth handlers that verify tokens.
 */
export function arrivalEndpoint(
  callable: readonly PlannedEndpoint[],
  verifiers: readonly number[],
): PlannedEndpoint {
  const byName = new Map(callable.map((one) => [one.name, one]));
  const options = {
    method: "POST",
    path: ROUTE,
    expose: true,
    errors: "twinloop",
    timeout: null,
    bodyLimit: null,
    cors: false,
    compression: false,
    rateLimit: false,
    securityHeaders: false,
    etag: false,
  } as const;
  const handler = (request: RawRequest, response: RawResponse): Promise<void> =>
    arrive(byName, request, response);
  const name = "twinloop.call";
  const facts = { name, service: "twinloop", endpoint: "call", path: ROUTE, tags: [], request: null };
  return {
    ...{ service: "twinloop", name, path: ROUTE, methods: ["POST"], request: null, response: null },
    endpoint: {
      kind: "raw",
      options,
      handler: handler as unknown as Handler,
      site: undefined,
      name,
      path: ROUTE,
    },
    meta: { ...facts, isRaw: true, isStream: false, expose: true, auth: true },
    events: undefined,
    refine: undefined,
    guard: { required: true, handlers: verifiers },
    isOfRuntime: true,
  };
}

/** The claims of a token that Rust has verified. */
interface CallClaims {
  readonly path?: unknown;
  readonly hash?: unknown;
}

/** Takes one call: compares the token, finds the endpoint, and answers with its value or its error. */
async function arrive(
  callable: ReadonlyMap<string, PlannedEndpoint>,
  request: RawRequest,
  response: RawResponse,
): Promise<void> {
  const context = currentRequest() as Context;
  const body = await buffer(request);
  const { claims } = context.auth as AuthData & { readonly claims: CallClaims };
  if (claims.path !== request.url || claims.hash !== hashOf(body))
    throw APIError.unauthenticated("the token of the call is that of another call");
  const name = decodeURIComponent(request.url!.slice(CALL_FOLDER.length));
  const planned = callable.get(name);
  if (planned === undefined) {
    const error = APIError.unimplemented(
      `this process has no endpoint ${name}: it may run another version of the app`,
    );
    return answer(response, { error: errorToWrite(error) });
  }
  const given = readValue(body.toString("utf8")) as SignedBody;
  const terms = termsOfArrival(given, context);
  if (planned.events !== undefined) return stream(planned, given.request, terms, response);
  const settled = await answerOfCall(planned.endpoint, given.request, terms).then(
    (value): SignedAnswer => ({ value }),
    (error: unknown): SignedAnswer => ({ error: errorToWrite(error) }),
  );
  answer(response, settled);
}

/**
 * The terms of a call as its request tells them: the caller's auth data, what is left of its time, and its place in the
 * trace.
 */
function termsOfArrival({ auth, withinMs }: SignedBody, context: Context): CallTerms {
  const { traceId, tracestate, traceparent } = context.trace;
  return {
    auth: auth === null ? null : { data: auth.data as AuthData, handler: auth.handler },
    signal: context.signal,
    caller: undefined,
    // The call itself is the operation of the trace, and not the request that has brought it.
    by: context,
    origin: { traceId, traceparent: context.header("traceparent") ?? traceparent, tracestate },
    withinMs,
    hasArrived: true,
  };
}

/**
 * Sends the one answer of a call, with the status of its error so that proxies and logs see it. A value that cannot be
 * written is answered as an error.
 */
function answer(response: RawResponse, given: SignedAnswer): void {
  let text: string;
  let { error } = given;
  try {
    text = writeValue(given);
  } catch (failure) {
    error = errorToWrite(failure);
    text = writeValue({ error });
  }
  response.writeHead(error === undefined ? 200 : httpStatus(error.code), ANSWERED);
  response.end(text);
}

/**
 * Sends the events of a call as they come, then `{ end }`, by which the caller knows that none is missing; an error is the
 * last line instead.
 */
async function stream(
  { endpoint }: PlannedEndpoint,
  request: unknown,
  terms: CallTerms,
  response: RawResponse,
): Promise<void> {
  response.writeHead(200, STREAMED);
  response.flushHeaders();
  const writer = new RawWriter(response);
  const beat = setInterval(() => response.write("\n"), BEAT_MS);
  try {
    for await (const value of eventsOfCall(endpoint, request, terms)) await writer.write(line({ value }));
    await writer.write(line({ end: true }));
  } catch (error) {
    await writer.write(line({ error: errorToWrite(error) }));
  } finally {
    clearInterval(beat);
    writer.release();
    response.end();
  }
}

/** One line of a streamed answer. JSON holds no raw line feed, so that the lines are the frames. */
function line(given: SignedAnswer): string {
  return `${writeValue(given)}\n`;
}
