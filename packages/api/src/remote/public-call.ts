/**
 * Calls to a service that runs in another process with which this one shares no secret: they go the public road of exposed
 * endpoints, as any client's.
 *
 * The request is written anew from what the schema has passed, and the answer is read by the schema, since whatever stands at
 * the URL is trusted no more than a client. Auth data and sealed cookies are for the app's own processes and do not go this
 * way; neither do bodies that are not JSON, and answers that set cookies.
 */
import type { IncomingMessage } from "node:http";
import { APIError } from "@twinloop/core-native";
import type { EncodedRequest } from "@twinloop/core-native/internal";
import type { CallOrigin } from "../call/call-context.ts";
import { NOTHING } from "../call/call-schemas.ts";
import type { Callee } from "../call/callee.ts";
import { encodeRequest, uncarried } from "../call/encode-request.ts";
import type { Context } from "../context.ts";
import type { OutgoingCall } from "./outgoing-call.ts";
import { foreignAnswer, isRepeatable, misfit } from "./foreign-answer.ts";
import { resultOf } from "./public-answer.ts";
import { publicError } from "./public-error.ts";
import { answerHeaders, readBytes, readLines, readText, sendWithin } from "./send-request.ts";
import { SECRET_VARIABLE } from "./service-secret.ts";
import { readEvents } from "./server-sent-events.ts";
import { serviceVariable } from "./service-variables.ts";

/** Headers that belong to the connection, which no field of a request can be. */
const OF_CONNECTION: ReadonlySet<string> = new Set([
  ...["connection", "content-length", "expect", "host", "keep-alive", "te", "trailer"],
  ...["transfer-encoding", "upgrade"],
]);

/** Calls an exposed endpoint as any client does: by its method, path, query, headers, cookies and JSON body. Errors: as `callOver`. */
export async function askPublicly(call: OutgoingCall, context: Context): Promise<unknown> {
  const { callee, link } = call;
  const answer = await send(call, "application/json", context);
  const { statusCode: status = 0 } = answer;
  const headers = answerHeaders(answer);
  const body = await readBytes(link.service, answer);
  const error = status >= 400 ? publicError(status, body.toString(), headers) : undefined;
  if (error !== undefined) throw error;
  try {
    return resultOf(callee, { status, headers, body });
  } catch (failure) {
    throw status >= 300 ? foreignAnswer(callee, answer, failure) : misfit(link.service, failure);
  }
}

/** Follows an exposed event stream as a browser does. Errors: as `callOver`. */
export async function* followPublicly(call: OutgoingCall, context: Context): AsyncGenerator<unknown, void> {
  const { callee, link } = call;
  const answer = await send(call, "text/event-stream", context);
  const { statusCode: status = 0, headers } = answer;
  if (status !== 200 || !/^text\/event-stream\b/.test(headers["content-type"] ?? "")) {
    const text = await readText(link.service, answer);
    throw publicError(status, text, answerHeaders(answer)) ?? foreignAnswer(callee, answer);
  }
  for await (const event of readEvents(readLines(link.service, answer))) {
    yield callee.schemas.value(callee.planned.events!, event);
  }
}

/**
 * Sends a call's request and resolves with the head of its answer. Errors: `unimplemented` for a call that the public road
 * cannot carry, with the name of the variable that would help.
 */
async function send(
  { link, callee, input, auth, timeoutMs, origin }: OutgoingCall,
  accept: string,
  context: Context,
): Promise<IncomingMessage> {
  if (auth !== null) throw refused(callee, "the call has auth data");
  const fault = unsendable(callee);
  if (fault !== undefined) throw refused(callee, fault);
  // Written anew from what the schema has passed: nothing that is not declared leaves this process.
  const { request: place } = callee.planned;
  const encoded = place === null ? NOTHING : encodeRequest(place, input ?? undefined);
  checkPath(callee, encoded);
  const { method, pathAndQuery: path, signal } = context;
  const headers = headersOf(encoded, accept, origin);
  const request = { method, path, headers, body: encoded.body, isIdempotent: isRepeatable([method]) };
  return sendWithin(link, request, signal, callee.planned.events === undefined ? undefined : timeoutMs);
}

/** Refuses parameters that no path can carry: empty ones, and dot segments, which clients and proxies take away. */
export function checkPath({ meta }: Pick<Callee, "meta">, { path }: EncodedRequest): void {
  for (const [name, value] of path) {
    const isRest = meta.path.split("/").some((part) => part === `*${name}` || part === `!${name}`);
    const isDotted = value.split("/").some((segment) => segment === "." || segment === "..");
    if (!isDotted && (isRest || value !== "")) continue;
    const found = isDotted ? "a dot segment" : "nothing";
    throw uncarried({ in: "path", wire: name }, "a value that a path can carry", found);
  }
}

/** The headers of a call: the declared ones, which win, then `accept`, `content-type` and the trace (W3C Trace Context). */
function headersOf(
  { headers, body }: EncodedRequest,
  accept: string,
  { traceparent, tracestate }: CallOrigin,
): [string, string][] {
  const own = headers.map(([name, value]): [string, string] => [name, value]);
  const names = new Set(own.map(([name]) => name));
  const more: [string, string | undefined][] = [
    ["accept", accept],
    ["content-type", body === "" ? undefined : "application/json"],
    ["traceparent", traceparent],
    ["tracestate", tracestate],
  ];
  for (const [name, value] of more) if (value !== undefined && !names.has(name)) own.push([name, value]);
  return own;
}

/** What of an endpoint the public road cannot carry; `undefined` where it carries all. */
function unsendable({ planned: { request, response } }: Callee): string | undefined {
  if (request?.bodyAs !== undefined) return `its body is ${request.bodyAs}`;
  if ((request?.fields ?? []).some(({ sealed }) => sealed !== undefined)) return "it reads a sealed cookie";
  if ((response?.fields ?? []).some(({ in: place }) => place === "cookie")) return "it sets a cookie";
  const taken = request?.fields.find(
    ({ in: place, wire }) => place === "header" && OF_CONNECTION.has(wire.toLowerCase()),
  );
  return taken && `its header ${taken.wire} belongs to the connection`;
}

/** The error of a call that cannot go the public road; it says what to set. */
function refused({ meta, planned: { service } }: Callee, why: string): APIError {
  const variable = serviceVariable(service);
  return APIError.unimplemented(
    `${meta.name} cannot be called at ${variable} without ${SECRET_VARIABLE}: ${why}`,
  );
}
