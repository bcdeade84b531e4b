import { collected, OpenSpan, toWireError, type Caller } from "@twinloop/core-native/internal";
import type { APIError } from "@twinloop/core-native";
import type { EndpointMeta } from "../endpoint-meta.ts";

/** Where a call is handled: in this process for code of the app, in another one, or here for another process. */
export type CallRoad = "within" | "over" | "arrived";

/**
 * Begins the span of a call below the code that calls; `undefined` while nobody collects spans. It is the callee's place in the trace
 * too: what the handler does belongs to it, in this process or in the one that the call goes to.
 */
export function beginCallSpan(
  meta: EndpointMeta,
  road: CallRoad,
  by: Caller | undefined,
): OpenSpan | undefined {
  if (!collected.spans) return undefined;
  const attributes = { "twinloop.service": meta.service, "twinloop.endpoint": meta.name };
  const kind = road === "arrived" ? "internal" : "client";
  // An endpoint of a script without a manifest has no name.
  const name = meta.name === "" ? "call" : `call ${meta.name}`;
  return new OpenSpan({ name, kind, attributes }, by);
}

/** Ends the span of a call that has failed: a fault of the callee's is the span's, what the caller did wrong is told by its code. */
export function failCallSpan(span: OpenSpan | undefined, error: APIError): void {
  if (span === undefined) return;
  if (toWireError(error).status >= 500) span.fail(error);
  else span.setAttribute("error.type", error.code);
  span.end();
}

/** What the callee's context tells of its place, by the names that a request's context knows; `undefined` for other names. */
export function placeOf(span: OpenSpan, name: string): string | undefined {
  const { traceId, spanId, parentSpanId, traceparent, tracestate } = span.trace;
  const flags = traceparent.slice(-2);
  switch (name) {
    case "request-id":
    case "trace-id":
      return traceId;
    case "span-id":
      return spanId;
    case "sampled":
      return flags === "01" ? "1" : "0";
    case "traceparent":
      return parentSpanId === undefined ? undefined : `00-${traceId}-${parentSpanId}-${flags}`;
    case "tracestate":
      return tracestate;
    default:
      return undefined;
  }
}
