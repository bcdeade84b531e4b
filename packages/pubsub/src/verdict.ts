import { Unrecoverable } from "./error.ts";
import { RetryAfter } from "./retry-after.ts";

/**
 * What a thrown value says of the message's fate, beside its code and text.
 *
 * Shape:  the value, and the pause in milliseconds that the handler has set -> fields that Rust reads.
 */
export function verdictOf(error: unknown, markedMs?: number): Readonly<Record<string, unknown>> {
  if (error instanceof Unrecoverable) return { unrecoverable: true };
  const retryAfterMs = error instanceof RetryAfter ? error.delayMs : markedMs;
  return retryAfterMs === undefined ? {} : { retryAfterMs };
}
