import { currentTrace } from "@twinloop/core-native/internal";

/**
 * The comment that names the trace of a statement; `undefined` outside of requests, deliveries, runs and spans.
 *
 * Begins with a line break, because the statement may end in a line comment of its own.
 * Source: sqlcommenter, whose values are quoted and URL-encoded; a `traceparent` needs no encoding.
 */
export function traceComment(): string | undefined {
  const trace = currentTrace();
  return trace && `\n/*traceparent='${trace.traceparent}'*/`;
}
