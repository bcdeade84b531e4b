import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { Agent, type ClientRequest, type IncomingMessage } from "node:http";
import type { OpenSpan } from "./open-span.ts";
import { answerOutgoing, beginOutgoing } from "./outgoing-span.ts";
import { safely } from "./safely.ts";

interface Published {
  readonly request: ClientRequest;
  readonly response?: IncomingMessage;
  readonly error?: unknown;
}

/** The method by which a request of `node:http` asks its agent for a connection, before its head is written. */
interface Agents {
  addRequest(this: unknown, request: ClientRequest, ...rest: unknown[]): unknown;
}

/** The spans of requests under way. */
const open = new WeakMap<ClientRequest, OpenSpan>();

const LISTENERS: Readonly<Record<string, (message: Published) => void>> = {
  "http.client.request.created": ({ request }) => begin(request),
  "http.client.response.finish": ({ request, response }) =>
    answerOutgoing(open.get(request), response?.statusCode),
  "http.client.request.error": ({ request, error }) => open.get(request)?.fail(error),
};

const SAFE = Object.entries(LISTENERS).map(([channel, listener]) => {
  return [channel, (message: unknown) => safely(() => listener(message as Published))] as const;
});

const agents = Agent.prototype as unknown as Agents;
let isTraced = false;
let isWrapped = false;

/**
 * Makes requests by `node:http` and `node:https` within an operation or span carry its trace, by `traceparent` and `tracestate`, and be
 * spans of their own where spans are collected. Node publishes its requests from 22.12 on; before, the method by which a request comes
 * to its agent is wrapped, since what Node 20 publishes comes after the head is written. Idempotent.
 */
export function traceHttp(): void {
  untraceHttp();
  isTraced = true;
  for (const [channel, listener] of SAFE) subscribe(channel, listener);
  if (!publishesCreated()) wrapAgents();
}

/** Ends what `traceHttp` has begun. */
export function untraceHttp(): void {
  isTraced = false;
  for (const [channel, listener] of SAFE) unsubscribe(channel, listener);
}

/** Wraps the method of all agents, once: who wraps it later keeps its own. */
function wrapAgents(): void {
  if (isWrapped) return;
  isWrapped = true;
  const add = agents.addRequest;
  agents.addRequest = function (request, ...rest) {
    if (isTraced) safely(() => begin(request));
    return add.call(this, request, ...rest);
  };
}

/** Whether Node publishes requests before their head is written. Source: Node.js, "Diagnostics Channel", "HTTP". */
function publishesCreated(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  return major > 23 || (major === 23 && minor >= 2) || (major === 22 && minor >= 12);
}

function begin(request: ClientRequest): void {
  // A head that was given as a list of names and values is written already.
  if (request.headersSent) return;
  const begun = beginOutgoing(() => ({
    method: request.method,
    origin: originOf(request),
    path: request.path,
    hasTrace: request.hasHeader("traceparent"),
  }));
  if (begun === undefined) return;
  const { trace, span } = begun;
  request.setHeader("traceparent", trace.traceparent);
  if (trace.tracestate !== undefined) request.setHeader("tracestate", trace.tracestate);
  if (span === undefined) return;
  open.set(request, span);
  // The last event of a request: when its answer was read to the end, or has failed.
  request.once("close", () => span.end());
}

/** The server of a request, by its `host` header, which alone has the port where that is not the protocol's. */
function originOf(request: ClientRequest): URL {
  const { protocol, host } = request;
  const named = request.getHeader("host");
  return new URL(`${protocol}//${typeof named === "string" ? named : host}`);
}
