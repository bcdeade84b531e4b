import { TwinloopError } from "@twinloop/core-native";

/**
 * A publish, a subscription or an operation on them that failed.
 *
 * Shape:  `code` is one of `invalid_argument` (nothing was sent), `unavailable` (the broker cannot be reached or did not
 *         confirm: the message may have been stored, so publish again with a `dedupeKey`), `resource_exhausted` (no room:
 *         nothing was stored), `failed_precondition` (not with this provider, or not now), `canceled`, `internal`.
 */
export class PubsubError extends TwinloopError {}

/**
 * Thrown by a handler, it sends the message to the dead letters at once: no retry can help.
 *
 * Example: `throw new Unrecoverable("the customer no longer exists")`
 */
export class Unrecoverable extends TwinloopError {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super("unrecoverable", message, options);
  }
}

/** Reads an error that crossed from Rust. */
export function toPubsubError(failure: string): PubsubError {
  const { code, message, details } = JSON.parse(failure) as {
    code: string;
    message: string;
    details?: unknown;
  };
  return new PubsubError(code, message, details === undefined ? {} : { details });
}
