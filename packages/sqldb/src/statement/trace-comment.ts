import { currentRequest } from "@twinloop/core-native";

/**
 * The comment that names the trace of a statement; `undefined` outside of a request, delivery or run.
 *
 * Begins with a line break, because the statement may end in a line comment of its own.
 * Source: sqlcommenter, whose values are quoted and URL-encoded; a `traceparent` needs no encoding.
 */
export function traceComment(): string | undefined {
  const operation = currentRequest();
  return operation && `\n/*traceparent='${operation.trace.traceparent}'*/`;
}
