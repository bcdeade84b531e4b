import {
  isSpanContextValid,
  trace,
  TraceFlags,
  type Context,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
} from "@opentelemetry/api";
import { traceStateOf } from "./trace-state.ts";

const TRACEPARENT = "traceparent";
const TRACESTATE = "tracestate";

/** `<version>-<trace id>-<parent id>-<flags>`; what comes after them belongs to a later version (section 3.2.2). */
const FORM = /^(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Passes traces on in headers, and takes them from there. Source: W3C Trace Context. */
export class TraceContextPropagator implements TextMapPropagator {
  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    const place = trace.getSpanContext(context);
    if (place === undefined || !isSpanContextValid(place)) return;
    const { traceId, spanId, traceFlags, traceState } = place;
    const flags = (traceFlags & TraceFlags.SAMPLED) === 0 ? "00" : "01";
    setter.set(carrier, TRACEPARENT, `00-${traceId}-${spanId}-${flags}`);
    const state = traceState?.serialize();
    if (state) setter.set(carrier, TRACESTATE, state);
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const [, version, traceId = "", spanId = "", flags = "", rest] =
      FORM.exec(first(getter, carrier, TRACEPARENT)) ?? [];
    if (version === undefined || (version === "00" && rest !== undefined)) return context;
    const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED;
    const traceState = traceStateOf(first(getter, carrier, TRACESTATE));
    const place = { traceId, spanId, traceFlags, isRemote: true, ...(traceState && { traceState }) };
    return isSpanContextValid(place) ? trace.setSpanContext(context, place) : context;
  }

  fields(): string[] {
    return [TRACEPARENT, TRACESTATE];
  }
}

function first(getter: TextMapGetter, carrier: unknown, name: string): string {
  const found = getter.get(carrier, name);
  return (Array.isArray(found) ? found[0] : found)?.trim() ?? "";
}
