import {
  DURATION_FORM,
  parseDuration,
  problem,
  SystemCode,
  type Problem,
} from "@twinloop/core-native/internal";
import type { SubscriptionOptions, TopicOptions } from "./options.ts";

/** A topic's options with the defaults in them. */
export interface TopicSettings {
  readonly exactlyOnce: boolean;
  readonly orderingAttribute: string | null;
  readonly maxMessageBytes: number;
}

/** A subscription's options as the Rust half takes them. */
export interface SubscriptionSettings {
  readonly maxConcurrency: number;
  readonly ackDeadlineMs: number;
  readonly retentionMs: number;
  readonly timeoutMs: number;
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
  readonly maxRetries: number;
}

const DAY_MS = 86_400_000;
const MAX_MESSAGE_BYTES = 64 << 20;
const GUARANTEES: readonly unknown[] = [undefined, "at-least-once", "exactly-once"];

/** Collects what is wrong with the options of one declaration, and goes on with the defaults. */
class Reader {
  readonly problems: Problem[] = [];
  readonly #of: string;

  constructor(of: string) {
    this.#of = of;
  }

  complain(what: string, mend: string): void {
    this.problems.push(problem(SystemCode.ConfigInvalid, `${this.#of}: ${what}`, mend));
  }

  duration(name: string, given: unknown, byDefault: number, least: number): number {
    if (given === undefined) return byDefault;
    const ms = parseDuration(given);
    if (ms !== undefined && ms >= least) return ms;
    this.complain(`${name} is ${show(given)}`, `Write ${DURATION_FORM}, at least ${least} ms.`);
    return byDefault;
  }

  whole(name: string, given: unknown, byDefault: number, [least, most]: readonly [number, number]): number {
    if (given === undefined) return byDefault;
    if (Number.isInteger(given) && (given as number) >= least && (given as number) <= most)
      return given as number;
    this.complain(`${name} is ${show(given)}`, `Write a whole number from ${least} to ${most}.`);
    return byDefault;
  }
}

/** Reads a topic's options; all that is wrong is told. */
export function topicSettings(
  name: string,
  options: Omit<TopicOptions<never>, "schema">,
): { settings: TopicSettings; problems: readonly Problem[] } {
  const reader = new Reader(`The topic "${name}"`);
  const { deliveryGuarantee, orderingAttribute = null } = options;
  if (!GUARANTEES.includes(deliveryGuarantee)) {
    reader.complain(
      `deliveryGuarantee is ${show(deliveryGuarantee)}`,
      'Write "at-least-once" or "exactly-once".',
    );
  }
  const settings: TopicSettings = {
    exactlyOnce: deliveryGuarantee === "exactly-once",
    orderingAttribute,
    maxMessageBytes: reader.whole("maxMessageBytes", options.maxMessageBytes, 1 << 20, [
      1,
      MAX_MESSAGE_BYTES,
    ]),
  };
  return { settings, problems: reader.problems };
}

/** Reads a subscription's options; all that is wrong is told. */
export function subscriptionSettings(
  name: string,
  options: SubscriptionOptions<never>,
): { settings: SubscriptionSettings; problems: readonly Problem[] } {
  const reader = new Reader(`The subscription "${name}"`);
  if (typeof options.handler !== "function") {
    reader.complain("it has no handler", "Give it `handler`, a function of the message and its context.");
  }
  const { retryPolicy = {} } = options;
  const minBackoffMs = reader.duration("retryPolicy.minBackoff", retryPolicy.minBackoff, 1_000, 0);
  const maxBackoffMs = reader.duration("retryPolicy.maxBackoff", retryPolicy.maxBackoff, 600_000, 0);
  if (minBackoffMs > maxBackoffMs) {
    reader.complain("minBackoff is longer than maxBackoff", "Make minBackoff the shorter one.");
  }
  const settings: SubscriptionSettings = {
    maxConcurrency: reader.whole("maxConcurrency", options.maxConcurrency, 100, [1, 10_000]),
    ackDeadlineMs: reader.duration("ackDeadline", options.ackDeadline, 30_000, 1_000),
    retentionMs: reader.duration("messageRetention", options.messageRetention, 7 * DAY_MS, 1_000),
    timeoutMs: reader.duration("timeout", options.timeout, 300_000, 1),
    minBackoffMs,
    maxBackoffMs,
    maxRetries: reader.whole("retryPolicy.maxRetries", retryPolicy.maxRetries, 100, [-1, 1_000_000]),
  };
  return { settings, problems: reader.problems };
}

function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
