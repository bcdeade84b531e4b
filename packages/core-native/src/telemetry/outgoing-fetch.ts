import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { Caller, callers } from "../crossing/caller.ts";
import type { Trace } from "../work/trace.ts";
import { collected } from "./collected.ts";
import { OpenSpan } from "./open-span.ts";

/** The options of what `fetch` tells other servers. */
export interface FetchOptions {
  /** The hosts that are told nothing: `api.example.com`, or `*.example.com` for all below it. */
  readonly except?: readonly string[];
}

/** A request as undici, which Node's `fetch` is made of, publishes it. */
interface UndiciRequest {
  readonly origin?: string | URL;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: readonly unknown[] | string;
  addHeader?(name: string, value: string): unknown;
}

interface Published {
  readonly request: UndiciRequest;
  readonly response?: { readonly statusCode: number };
  readonly error?: unknown;
}

/** The spans of requests under way. A response that nobody reads to its end leaves with its request. */
const open = new WeakMap<UndiciRequest, OpenSpan>();

let except: readonly string[] = [];

const LISTENERS: Readonly<Record<string, (message: Published) => void>> = {
  "undici:request:create": ({ request }) => begin(request),
  "undici:request:headers": ({ request, response }) => answered(request, response?.statusCode),
  "undici:request:trailers": ({ request }) => open.get(request)?.end(),
  "undici:request:error": ({ request, error }) => broken(request, error),
};

/** Listeners that cannot throw: an error in one would end the process. */
const SAFE = Object.entries(LISTENERS).map(([channel, listener]) => {
  const safe = (message: unknown): void => {
    try {
      listener(message as Published);
    } catch {
      // The request goes out without its trace.
    }
  };
  return [channel, safe] as const;
});

/**
 * Makes requests by `fetch` within an operation or span carry its trace, by `traceparent` and `tracestate`, and be spans of their own
 * where spans are collected. Nothing is replaced: undici publishes its requests. Idempotent.
 */
export function traceFetch(options: FetchOptions | boolean = true): void {
  untraceFetch();
  if (options === false) return;
  except = typeof options === "object" ? (options.except ?? []) : [];
  for (const [channel, listener] of SAFE) subscribe(channel, listener);
}

/** Ends what `traceFetch` has begun. */
export function untraceFetch(): void {
  for (const [channel, listener] of SAFE) unsubscribe(channel, listener);
}

function begin(request: UndiciRequest): void {
  const running = callers.getStore();
  const place = running && Caller.trace(running);
  if (running === undefined || place === undefined) return;
  const url = new URL(request.path ?? "/", request.origin);
  if (isExcepted(url.hostname) || hasTrace(request.headers)) return;
  if (!collected.spans) return addTrace(request, place);
  const method = request.method ?? "GET";
  const span = new OpenSpan({ name: method, kind: "client", attributes: attributesOf(method, url) }, running);
  open.set(request, span);
  addTrace(request, span.trace);
}

/** The attributes of a request by the conventions for HTTP clients. The query may hold secrets, and is left out. */
function attributesOf(method: string, url: URL): Readonly<Record<string, string | number>> {
  const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
  return {
    "http.request.method": method,
    "url.full": `${url.origin}${url.pathname}`,
    "server.address": url.hostname,
    "server.port": port,
  };
}

function addTrace(request: UndiciRequest, { traceparent, tracestate }: Trace): void {
  request.addHeader?.("traceparent", traceparent);
  if (tracestate !== undefined) request.addHeader?.("tracestate", tracestate);
}

function answered(request: UndiciRequest, status: number | undefined): void {
  const span = open.get(request);
  if (span === undefined || status === undefined) return;
  span.setAttribute("http.response.status_code", status);
  if (status < 400) return;
  span.setAttribute("error.type", String(status));
  span.setStatus("error");
}

function broken(request: UndiciRequest, error: unknown): void {
  const span = open.get(request);
  span?.fail(error);
  span?.end();
}

/** Whether whoever makes the request passes a trace on by itself. undici has headers as one text, or as names and values in turn. */
function hasTrace(headers: UndiciRequest["headers"]): boolean {
  if (typeof headers === "string") return /^traceparent:/im.test(headers);
  return (headers ?? []).some(
    (name, index) => index % 2 === 0 && String(name).toLowerCase() === "traceparent",
  );
}

function isExcepted(host: string): boolean {
  return except.some((name) => (name.startsWith("*.") ? host.endsWith(name.slice(1)) : host === name));
}
