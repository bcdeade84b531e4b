import {
  Agent as HttpAgent,
  request as sendHttp,
  type IncomingMessage,
  type RequestOptions,
} from "node:http";
import { Agent as HttpsAgent, request as sendHttps } from "node:https";
import { urlToHttpOptions } from "node:url";
import { APIError } from "@twinloop/core-native";
import type { ServiceLink } from "./service-link.ts";

/** A request to another process. */
export interface OutgoingRequest {
  readonly method: string;
  /** The path and query, below the base of the service's URL. */
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  /** Whether the endpoint may run twice with the effect of once. */
  readonly isIdempotent: boolean;
}

/** An unused connection is closed before its server would do so: a server that just closes one loses a request. */
const UNUSED_MS = 4_000;

/**
 * The connections to other processes, kept for further calls. One pool for each protocol is shared by all services of the
 * isolate.
 */
const agents = {
  "http:": new HttpAgent({ keepAlive: true, timeout: UNUSED_MS }),
  "https:": new HttpsAgent({ keepAlive: true, timeout: UNUSED_MS }),
};

/**
 * Sends a request over a connection that is kept for the next one, and resolves with the head of its answer. A request of an
 * idempotent call is sent once more where a kept connection was closed before anything of an answer came.
 *
 * Node's client is used, not `fetch`, which would send headers of its own (`accept-language: *`) that an endpoint may declare.
 *
 * Errors: `unavailable` where no answer comes; what Node throws for a header that cannot be sent.
 */
export async function sendRequest(
  { service, url }: ServiceLink,
  outgoing: OutgoingRequest,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const protocol = url.protocol as keyof typeof agents;
  const base = url.pathname.replace(/\/$/, "");
  const { hostname, port } = urlToHttpOptions(url);
  const options: RequestOptions = {
    ...{ protocol, hostname, port, agent: agents[protocol], signal },
    ...{ method: outgoing.method, path: base + outgoing.path, headers: headersOf(outgoing) },
  };
  for (let tries = outgoing.isIdempotent ? 2 : 1; ; tries--) {
    const sent = await attempt(protocol, options, outgoing.body);
    if ("answer" in sent) return sent.answer;
    if (!sent.wasKept || tries === 1 || signal.aborted) throw unreachable(service, sent.error);
  }
}

/**
 * Sends a request as `sendRequest` does, and gives it up when no head has come within a time. What follows the head may take longer.
 *
 * Errors: `deadline_exceeded`, beside those of `sendRequest`.
 */
export async function sendWithin(
  link: ServiceLink,
  outgoing: OutgoingRequest,
  signal: AbortSignal,
  headMs: number | undefined,
): Promise<IncomingMessage> {
  if (headMs === undefined) return sendRequest(link, outgoing, signal);
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), headMs);
  try {
    return await sendRequest(link, outgoing, AbortSignal.any([signal, late.signal]));
  } catch (error) {
    if (!late.signal.aborted || signal.aborted) throw error;
    throw APIError.deadlineExceeded(`the service ${link.service} did not answer in time`, error);
  } finally {
    clearTimeout(timer);
  }
}

/** The failure of a call that got no answer. What stands in the cause is for the log: hosts are nothing for callers. */
export function unreachable(service: string, cause: unknown): APIError {
  return APIError.unavailable(`the service ${service} cannot be reached: try again later`, cause);
}

/**
 * The outcome of one attempt: the head of an answer, or the failure. `wasKept` says that a kept connection was closed under
 * the request, which the server may not have seen.
 */
type Sent = { readonly answer: IncomingMessage } | { readonly error: Error; readonly wasKept: boolean };

/** Sends a request once. Never rejects; resolves with the head of the answer, whose body is still to be read. */
function attempt(protocol: string, options: RequestOptions, body: string): Promise<Sent> {
  return new Promise((resolve) => {
    const request = (protocol === "https:" ? sendHttps : sendHttp)(options);
    request.once("response", (answer) => resolve({ answer }));
    // Stays for the life of the request: an abort after the head is told here too.
    request.on("error", (error: NodeJS.ErrnoException) =>
      resolve({ error, wasKept: request.reusedSocket && isClosed(error) }),
    );
    request.end(body);
  });
}

/** Whether an error says that the other side has closed the connection. */
function isClosed({ code }: NodeJS.ErrnoException): boolean {
  return code === "ECONNRESET" || code === "EPIPE";
}

/** The headers of a request as Node takes them, with the length of its body, so that it is not sent in chunks. */
function headersOf({ headers, body, method }: OutgoingRequest): Record<string, string[]> {
  const byName: Record<string, string[]> = Object.create(null);
  // Node writes a header's characters as bytes: as UTF-8, the server reads the text that was given.
  for (const [name, value] of headers) (byName[name] ??= []).push(Buffer.from(value).toString("latin1"));
  const takesBody = body !== "" || !["GET", "HEAD", "OPTIONS", "TRACE"].includes(method);
  if (takesBody) byName["content-length"] = [String(Buffer.byteLength(body))];
  return byName;
}

/** Reads the text of an answer. Errors: `unavailable` where it ends early. */
export async function readText(service: string, answer: IncomingMessage): Promise<string> {
  return (await readBytes(service, answer)).toString("utf8");
}

/** Reads the bytes of an answer. Errors: `unavailable` where it ends early. */
export async function readBytes(service: string, answer: IncomingMessage): Promise<Buffer> {
  try {
    return Buffer.concat(await answer.toArray());
  } catch (error) {
    throw unreachable(service, error);
  }
}

/** Reads the lines of an answer as they come, without their ends. Errors: `unavailable` where the last one has no end. */
export async function* readLines(service: string, answer: IncomingMessage): AsyncGenerator<string, void> {
  let rest = "";
  answer.setEncoding("utf8");
  try {
    for await (const piece of answer as AsyncIterable<string>) {
      const lines = (rest + piece).split("\n");
      rest = lines.pop()!;
      for (const line of lines) yield line.endsWith("\r") ? line.slice(0, -1) : line;
    }
  } catch (error) {
    throw unreachable(service, error);
  }
  if (rest !== "") throw unreachable(service, new Error("the answer ended within a line"));
}

/** The headers of an answer, names in lower case, each value for itself. */
export function answerHeaders({ rawHeaders }: IncomingMessage): [string, string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    pairs.push([rawHeaders[at]!.toLowerCase(), Buffer.from(rawHeaders[at + 1]!, "latin1").toString()]);
  }
  return pairs;
}
