import { createTraceState, type TraceState } from "@opentelemetry/api";

/** The state of a trace as OpenTelemetry's API has it; `undefined` where there is none. */
export function traceStateOf(text: string | undefined): TraceState | undefined {
  return text === undefined || text === "" ? undefined : createTraceState(text);
}
