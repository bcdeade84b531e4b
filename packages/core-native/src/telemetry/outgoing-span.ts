import { Caller, callers } from "../crossing/caller.ts";
import type { Trace } from "../work/trace.ts";
import { collected } from "./collected.ts";
import { OpenSpan } from "./open-span.ts";

/** The options of what requests tell other servers. */
export interface FetchOptions {
  /** The hosts that are told nothing: `api.example.com`, or `*.example.com` for all below it. */
  readonly except?: readonly string[];
}

/** A request to another server, as its client knows it before it is sent. */
export interface SentRequest {
  readonly method: string;
  /** The server's scheme, host and port. */
  readonly origin: URL;
  /** The path with its query. */
  readonly path: string;
  /** Whether whoever makes the request passes a trace on by itself. */
  readonly hasTrace: boolean;
}

/** What a request carries, and its span where spans are collected. */
export interface OutgoingTrace {
  readonly trace: Trace;
  readonly span: OpenSpan | undefined;
}

let except: readonly string[] = [];

/** Sets the hosts that are told nothing. */
export function exceptHosts(hosts: readonly string[]): void {
  except = hosts;
}

/** Begins the span of a request; `undefined` where the request carries nothing: outside of operations and spans, or to an excepted host. */
export function beginOutgoing(describe: () => SentRequest): OutgoingTrace | undefined {
  const running = callers.getStore();
  const place = running && Caller.trace(running);
  if (running === undefined || place === undefined) return undefined;
  const request = describe();
  if (request.hasTrace || isExcepted(request.origin.hostname)) return undefined;
  if (!collected.spans) return { trace: place, span: undefined };
  const { method } = request;
  const span = new OpenSpan({ name: method, kind: "client", attributes: attributesOf(request) }, running);
  return { trace: span.trace, span };
}

/** Notes the status of the answer. */
export function answerOutgoing(span: OpenSpan | undefined, status: number | undefined): void {
  if (span === undefined || status === undefined) return;
  span.setAttribute("http.response.status_code", status);
  if (status < 400) return;
  span.setAttribute("error.type", String(status));
  span.setStatus("error");
}

/** The attributes of a request by the conventions for HTTP clients. The query may hold secrets, and is left out. */
function attributesOf({ method, origin, path }: SentRequest): Readonly<Record<string, string | number>> {
  const port = Number(origin.port) || (origin.protocol === "https:" ? 443 : 80);
  return {
    "http.request.method": method,
    "url.full": `${origin.origin}${path.split(/[?#]/, 1)[0]}`,
    "server.address": origin.hostname,
    "server.port": port,
  };
}

function isExcepted(host: string): boolean {
  return except.some((name) => (name.startsWith("*.") ? host.endsWith(name.slice(1)) : host === name));
}
