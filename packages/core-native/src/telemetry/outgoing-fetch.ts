import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { OpenSpan } from "./open-span.ts";
import { answerOutgoing, beginOutgoing } from "./outgoing-span.ts";
import { safely } from "./safely.ts";

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

const LISTENERS: Readonly<Record<string, (message: Published) => void>> = {
  "undici:request:create": ({ request }) => begin(request),
  "undici:request:headers": ({ request, response }) =>
    answerOutgoing(open.get(request), response?.statusCode),
  "undici:request:trailers": ({ request }) => open.get(request)?.end(),
  "undici:request:error": ({ request, error }) => broken(request, error),
};

const SAFE = Object.entries(LISTENERS).map(([channel, listener]) => {
  return [channel, (message: unknown) => safely(() => listener(message as Published))] as const;
});

/**
 * Makes requests by `fetch` within an operation or span carry its trace, by `traceparent` and `tracestate`, and be spans of their own
 * where spans are collected. Nothing is replaced: undici publishes its requests. Idempotent.
 */
export function traceFetch(): void {
  untraceFetch();
  for (const [channel, listener] of SAFE) subscribe(channel, listener);
}

/** Ends what `traceFetch` has begun. */
export function untraceFetch(): void {
  for (const [channel, listener] of SAFE) unsubscribe(channel, listener);
}

function begin(request: UndiciRequest): void {
  const begun = beginOutgoing(() => ({
    method: request.method ?? "GET",
    origin: new URL(request.origin ?? ""),
    path: request.path ?? "/",
    hasTrace: hasTrace(request.headers),
  }));
  if (begun === undefined) return;
  const { trace, span } = begun;
  if (span !== undefined) open.set(request, span);
  request.addHeader?.("traceparent", trace.traceparent);
  if (trace.tracestate !== undefined) request.addHeader?.("tracestate", trace.tracestate);
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
