import { TwinloopError, type Duration } from "@twinloop/core-native";
import { DURATION_FORM, parseDuration } from "@twinloop/core-native/internal";
import { PubsubError } from "./error.ts";

/**
 * An error that fails an attempt and says when the next one begins, whatever `retryPolicy` has as pause. The attempt
 * counts: after `maxRetries` the message is a dead letter.
 *
 * Shape:  the pause, or the time of the next attempt, such as the value of an HTTP `Retry-After` (RFC 9110, 10.2.3).
 * Errors: `PubsubError` with `invalid_argument` for what is neither a duration nor a valid `Date`.
 *
 * Example: `throw new RetryAfter("30s")`
 */
export class RetryAfter extends TwinloopError {
  /** Milliseconds from the failure to the next attempt. */
  readonly delayMs: number;

  constructor(delay: Duration | Date, options: { readonly message?: string; readonly cause?: unknown } = {}) {
    const delayMs = retryDelay(delay);
    const { message = `the handler asked for a retry after ${delayMs} ms`, ...rest } = options;
    super("retry_after", message, rest);
    this.delayMs = delayMs;
  }
}

/**
 * Reads the pause before the next attempt.
 *
 * Shape:  a duration, or the time of the next attempt -> milliseconds; 0 for a time that has passed.
 * Errors: `invalid_argument` for anything else.
 */
export function retryDelay(given: unknown): number {
  const ms = given instanceof Date ? Math.max(0, given.getTime() - Date.now()) : parseDuration(given);
  if (ms !== undefined && Number.isFinite(ms)) return ms;
  const shown = given instanceof Date ? "no valid Date" : String(given);
  throw new PubsubError("invalid_argument", `retryAfter is ${shown}: write ${DURATION_FORM}, or a Date`);
}
