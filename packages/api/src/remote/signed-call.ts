/**
 * Calls to another process of the app that has the same secret: over HTTP, on a road that no client can take.
 *
 * A call is `POST /.twinloop/call/<name>` with a token in `twinloop-call-token` and the body `{ request, auth, withinMs }` as
 * `writeValue` writes it. The answer has the header `twinloop-call`; its body is `{ value }` or `{ error }`. Events come as
 * lines of that form, with an empty line every 15 s of silence, and `{ "end": true }` as the last. Any kind of endpoint that
 * other code can call goes this way, private ones too.
 */
import type { IncomingMessage } from "node:http";
import { APIError, appMeta } from "@twinloop/core-native";
import type { Context } from "../context.ts";
import type { OutgoingCall } from "./outgoing-call.ts";
import { readLines, readText, sendWithin } from "./send-request.ts";
import { signCall, TOKEN_HEADER } from "./service-secret.ts";
import { foreignAnswer, isRepeatable } from "./foreign-answer.ts";
import { writtenError, type WrittenError } from "./written-error.ts";
import { readValue, writeValue } from "./wire-value.ts";

/** The folder of calls between processes, below which each endpoint is reached by its name. */
export const CALL_FOLDER = "/.twinloop/call/";

/** The header by which an answer says that the endpoint has given it, and nothing in between. */
export const ANSWER_HEADER = "twinloop-call";

/** The body of a signed call. */
export interface SignedBody {
  /** The request, checked by the caller; the callee checks it again. */
  readonly request: unknown;
  /** The caller that the endpoint finds; `null` for nobody. The token vouches for it. */
  readonly auth: { readonly data: unknown; readonly handler: string | undefined } | null;
  /** The caller's time limit; absent for none. */
  readonly withinMs: number | undefined;
}

/**
 * The body of a signed call's answer, and one line of that of an event stream. A handler that returns nothing leaves `value`
 * out.
 */
export interface SignedAnswer {
  readonly value?: unknown;
  readonly error?: WrittenError;
  /** The last line of an event stream that has come to its end. */
  readonly end?: true;
}

/** Calls an endpoint by a signed request. Errors: as `callOver`. */
export async function askSigned(call: OutgoingCall, secret: string, context: Context): Promise<unknown> {
  const { service } = call.link;
  const answer = await send(call, secret, context);
  const given = read(await readText(service, answer));
  if (given === undefined) throw foreignAnswer(call.callee, answer, new Error("the answer cannot be read"));
  if (given.error !== undefined) throw writtenError(given.error);
  return given.value;
}

/** Calls an event stream by a signed request. Errors: as `callOver`. */
export async function* followSigned(
  call: OutgoingCall,
  secret: string,
  context: Context,
): AsyncGenerator<unknown, void> {
  const { service } = call.link;
  const answer = await send(call, secret, context);
  for await (const line of readLines(service, answer)) {
    // An empty line keeps the connection.
    if (line === "") continue;
    const given = read(line);
    if (given === undefined) throw foreignAnswer(call.callee, answer, new Error("an event cannot be read"));
    if (given.error !== undefined) throw writtenError(given.error);
    if (given.end) return;
    yield given.value;
  }
  throw APIError.unavailable(`the service ${service} broke the events off`);
}

/**
 * Signs a call and sends it; resolves with the head of an answer that the endpoint has given. Errors: those of `sendWithin`,
 * and of `foreignAnswer` for an answer without the header, such as a proxy's.
 */
async function send(
  { link, callee, input, auth, timeoutMs, origin }: OutgoingCall,
  secret: string,
  context: Context,
): Promise<IncomingMessage> {
  const path = CALL_FOLDER + encodeURIComponent(callee.meta.name);
  const body = writeValue({ request: input, auth, withinMs: timeoutMs } satisfies SignedBody);
  const { traceparent, tracestate } = origin;
  const headers: [string, string][] = [
    ["content-type", "application/json"],
    [TOKEN_HEADER, signCall({ app: appMeta().name, path, body }, secret)],
    ["traceparent", traceparent],
  ];
  if (tracestate !== undefined) headers.push(["tracestate", tracestate]);
  const isIdempotent = isRepeatable(callee.planned.methods);
  const request = { method: "POST", path, headers, body, isIdempotent };
  const answer = await sendWithin(
    link,
    request,
    context.signal,
    callee.planned.events === undefined ? undefined : timeoutMs,
  );
  if (answer.headers[ANSWER_HEADER] !== undefined) return answer;
  answer.resume();
  throw foreignAnswer(callee, answer);
}

/** Reads an answer; `undefined` where it is none that this version knows. */
function read(text: string): SignedAnswer | undefined {
  try {
    const value = readValue(text) as SignedAnswer | null;
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
