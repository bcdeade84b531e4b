/** The bounds of a backoff, in milliseconds. */
export interface BackoffBounds {
  /** The longest pause after the first failure. */
  readonly minMs: number;
  /** The longest pause after any failure. */
  readonly maxMs: number;
}

/**
 * Computes the pause before the next attempt: exponential backoff with full jitter, as `crates/runtime/src/backoff.rs` has it.
 *
 * Shape:  how many attempts have failed, from 1 -> a random pause in ms, from 0 to `minMs · 2^(failures - 1)`, at most `maxMs`.
 * Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export function backoff({ minMs, maxMs }: BackoffBounds, failures: number): number {
  return Math.random() * Math.min(maxMs, minMs * 2 ** Math.min(52, Math.max(0, failures - 1)));
}
