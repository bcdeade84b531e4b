import { DURATION_FORM, parseDuration } from "@twinloop/core-native/internal";
import type { Duration } from "@twinloop/core-native";
import { PubsubError } from "./error.ts";

/** When a message is due: after a time, or at one. */
export type NewTime =
  | {
      /** The time from now to the delivery; 0 is at once. */
      readonly delay: Duration;
      readonly runAt?: never;
    }
  | {
      /** The time of the delivery; one that has passed is at once. */
      readonly runAt: Date;
      readonly delay?: never;
    };

/**
 * The place of a message in a subscription when it was recalled: it waited, and was cancelled or rescheduled; a handler had it; it
 * was a dead letter; or it was gone: handled, or never there.
 */
export type RecalledFrom = "waiting" | "in_flight" | "dead" | "gone";

/** The outcome of `cancel` and `reschedule`. */
export interface Recalled {
  /** Whether the message was cancelled or rescheduled in all subscriptions, in some of them, or in none. */
  readonly changed: "all" | "some" | "none";
  /**
   * Where each subscription had the message. Empty where the message was still in the outbox of its transaction's database, which
   * counts as `all`.
   */
  readonly subscriptions: Readonly<Record<string, RecalledFrom>>;
}

/** Encodes an id for Rust. Errors: `invalid_argument` for what is no text. */
export function checkedId(id: unknown): string {
  if (typeof id === "string" && id !== "") return id;
  throw new PubsubError(
    "invalid_argument",
    "a message is named by the id that publish returned, which is a text",
  );
}

/** Encodes a new time in the form that Rust takes. Errors: `invalid_argument` for none, two, or a wrong one. */
export function encodeTime(time: NewTime): { delayMs: number } | { runAtMs: number } {
  const { delay, runAt } = (time ?? {}) as { delay?: unknown; runAt?: unknown };
  if ((delay === undefined) === (runAt === undefined)) {
    throw new PubsubError("invalid_argument", "reschedule needs either `delay` or `runAt`");
  }
  return delay === undefined ? { runAtMs: instant(runAt) } : { delayMs: milliseconds("delay", delay) };
}

/** Reads a duration in milliseconds. Errors: `invalid_argument`, which names the option. */
export function milliseconds(name: string, given: unknown): number {
  const ms = parseDuration(given);
  if (ms !== undefined) return ms;
  throw new PubsubError("invalid_argument", `${name} is ${String(given)}: write ${DURATION_FORM}`);
}

/** Reads a time in milliseconds since 1970. Errors: `invalid_argument` for what is no valid Date. */
export function instant(given: unknown): number {
  const ms = given instanceof Date ? given.getTime() : Number.NaN;
  if (Number.isFinite(ms)) return ms;
  throw new PubsubError("invalid_argument", "runAt is no valid Date");
}
