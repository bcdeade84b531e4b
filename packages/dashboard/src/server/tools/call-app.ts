import { randomBytes } from "node:crypto";
import { servedAddress } from "@twinloop/core-native/internal";
import type { AskTools } from "../../contract.ts";
import { AskError } from "../ask-error.ts";

/** The time in milliseconds that a call may take; what has come by then is given. */
const CALL_WITHIN_MS = 30_000;

/** The most bytes of an answer's body that are read. */
const MAX_BODY_BYTES = 1 << 20;

/** Headers that belong to one connection, or that the client writes by itself. Source: RFC 9110, section 7.6.1. */
const OF_CONNECTION: ReadonlySet<string> = new Set([
  ...["connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection"],
  ...["te", "trailer", "transfer-encoding", "upgrade", "host", "content-length", "expect"],
]);

/** Methods that no client of the web sends. Source: Fetch, "forbidden method". */
const FORBIDDEN_METHODS: ReadonlySet<string> = new Set(["CONNECT", "TRACE", "TRACK"]);

/** The version and the flags of a `traceparent`. Source: W3C Trace Context. */
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;

type Call = AskTools["endpoints.call"];

/**
 * Sends a request to the app through its own socket, as a client outside would. Redirects are answers like any other.
 *
 * Units:  30 s; 1 MiB of the answer's body, of which the rest is left.
 * Errors: `failed_precondition` for an app that serves nothing, `invalid_argument` for a request that cannot be sent, `unavailable` and
 *         `deadline_exceeded` where no answer comes.
 */
export async function callApp(call: Call["input"]): Promise<Call["value"]> {
  const base = servedAddress();
  if (base === undefined) {
    const hint = "Declare an endpoint, and start the app with a port.";
    throw new AskError("failed_precondition", "The app has no address to call it at.", hint);
  }
  const url = urlOf(base, call.path);
  const headers = headersOf(call);
  const traceId = TRACEPARENT.exec(headers.get("traceparent") ?? "")![1]!;
  const begun = performance.now();
  const response = await send(url, call, headers);
  const { body, isCut } = await readBody(response);
  return {
    ...{ status: response.status, headers: [...response.headers], body, isCut },
    ...{ durationMs: performance.now() - begun, traceId },
  };
}

/** The URL of a path, which stays on the app's own address whatever it looks like. */
function urlOf(base: string, path: string): string {
  const { origin } = new URL(base);
  const url = URL.canParse(origin + path) ? new URL(origin + path) : undefined;
  if (url?.origin === origin) return url.href;
  throw invalid(`${JSON.stringify(path)} is no path.`, "Begin it with one slash.");
}

/** The headers to send, with a `traceparent` of their own where the call has none. */
function headersOf({ method, headers: given, body }: Call["input"]): Headers {
  if (FORBIDDEN_METHODS.has(method)) throw invalid(`${method} is not sent from here.`, "Use another method.");
  if (body !== null && (method === "GET" || method === "HEAD")) {
    throw invalid(`A ${method} request has no body.`, "Leave the body out, or use another method.");
  }
  const bound = Object.keys(given).find((name) => OF_CONNECTION.has(name.toLowerCase()));
  if (bound !== undefined) {
    throw invalid(`The header ${bound} belongs to the connection.`, "Leave it out: it is written by itself.");
  }
  const headers = new Headers();
  for (const [name, value] of Object.entries(given)) {
    try {
      headers.append(name, value);
    } catch {
      throw invalid(
        `${JSON.stringify(name)} is no header that can be sent.`,
        "Correct its name and its value.",
      );
    }
  }
  if (!TRACEPARENT.test(headers.get("traceparent") ?? "")) {
    headers.set("traceparent", `00-${randomBytes(16).toString("hex")}-${randomBytes(8).toString("hex")}-01`);
  }
  return headers;
}

async function send(url: string, { method, body }: Call["input"], headers: Headers): Promise<Response> {
  const signal = AbortSignal.timeout(CALL_WITHIN_MS);
  try {
    return await fetch(url, { method, headers, body, redirect: "manual", signal });
  } catch (error) {
    if (signal.aborted) {
      const message = `No answer came within ${CALL_WITHIN_MS / 1_000} s.`;
      throw new AskError("deadline_exceeded", message, "Look for the request among the traces.");
    }
    const { message, cause } = error as Error;
    const why = cause instanceof Error ? cause.message : message;
    throw new AskError("unavailable", `The app did not answer at ${url}: ${why}.`, "Look at the app's log.");
  }
}

/** Reads a body as text, up to its limit or the end of the call's time. */
async function readBody(response: Response): Promise<{ readonly body: string; readonly isCut: boolean }> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let body = "";
  let left = MAX_BODY_BYTES;
  try {
    for (;;) {
      const piece = await reader?.read();
      if (piece === undefined || piece.done) return { body: body + decoder.decode(), isCut: false };
      const bytes = piece.value.subarray(0, left);
      body += decoder.decode(bytes, { stream: true });
      left -= bytes.length;
      if (bytes.length < piece.value.length) return { body, isCut: true };
    }
  } catch {
    // The time is over, as for events without end, or the app has broken off: what has come is told.
    return { body, isCut: true };
  } finally {
    await reader?.cancel().catch(() => undefined);
  }
}

function invalid(message: string, hint: string): AskError {
  return new AskError("invalid_argument", message, hint);
}
