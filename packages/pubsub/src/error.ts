import { TwinloopError } from "@twinloop/core-native";

/**
 * The error of a failed publish, or of a failed operation on a topic, a subscription or a broker.
 *
 * Shape:  `code` is one of `invalid_argument` (nothing was sent), `unavailable` (the broker cannot be reached or did not
 *         confirm: the message may have been stored, so publish again with a `dedupeKey`), `resource_exhausted` (no room:
 *         nothing was stored), `failed_precondition` (not with this provider, or not now), `canceled`, `internal`.
 */
export class PubsubError extends TwinloopError {}

/**
 * An error that no retry can help: thrown by a handler, it makes the message a dead letter at once.
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
