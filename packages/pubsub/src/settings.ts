import {
  DURATION_FORM,
  optionFaults,
  optionRule,
  optionsOf,
  parseDuration,
  problem,
  SystemCode,
  type OptionRule,
  type OptionRules,
  type Problem,
} from "@twinloop/core-native/internal";
import type { RetryPolicy, SubscriptionOptions, TopicOptions } from "./options.ts";

/** A topic's options with all defaults filled in. Durations are in milliseconds. */
export interface TopicSettings {
  /** Whether the topic was declared `exactly-once`. */
  readonly exactlyOnce: boolean;
  /** The attribute whose value is the ordering key; `null` for an unordered topic. */
  readonly orderingAttribute: string | null;
  /** The most bytes of a message as JSON. */
  readonly maxMessageBytes: number;
  /** The subscriptions' expiry; `null` for never, `undefined` where the topic does not set one. */
  readonly expiryMs: number | null | undefined;
}

/** A subscription's options in the form that Rust takes, with all defaults filled in. Durations are in milliseconds. */
export interface SubscriptionSettings {
  /** The most messages that handlers of one process work on at once. */
  readonly maxConcurrency: number;
  /** The length of a delivery's lease. */
  readonly ackDeadlineMs: number;
  /** The age at which a message becomes a dead letter. */
  readonly retentionMs: number;
  /** The time after which an attempt has failed. */
  readonly timeoutMs: number;
  /** The pause before the second attempt. */
  readonly minBackoffMs: number;
  /** The longest pause between two attempts. */
  readonly maxBackoffMs: number;
  /** The attempts after the first. */
  readonly maxRetries: number;
  /** The time without a serving process after which the subscription gets no more copies; `null` for never. */
  readonly expiryMs: number | null;
  /** The time after which dead letters are deleted; `null` keeps them for ever. */
  readonly deadRetentionMs: number | null;
  /** Former names, whose messages the subscription takes over. */
  readonly renamedFrom: readonly string[];
}

const DAY_MS = 86_400_000;
const MAX_MESSAGE_BYTES = 64 << 20;
const LEAST_KEPT_MS = 1_000;
/** The default of `subscriptionExpiry` and of `deadLetterRetention`. */
const DEFAULT_KEPT_MS = 30 * DAY_MS;
const GUARANTEES: readonly unknown[] = [undefined, "at-least-once", "exactly-once"];

/** Reads the options of one declaration. Collects problems, and continues with the default of each wrong option. */
class Reader {
  readonly problems: Problem[] = [];
  readonly #of: string;

  constructor(of: string) {
    this.#of = of;
  }

  complain(what: string, hint: string): void {
    this.problems.push(problem(SystemCode.ConfigInvalid, `${this.#of}: ${what}`, hint));
  }

  /** Returns the options if they are an object, else an empty one. Reports unknown names and wrongly typed values. */
  known<T extends object>(given: T, rules: OptionRules): T {
    for (const { what, hint } of optionFaults(given, rules)) this.complain(what, hint);
    return typeof given === "object" && given !== null ? given : ({} as T);
  }

  duration(name: string, given: unknown, byDefault: number, least: number): number {
    if (given === undefined) return byDefault;
    const ms = parseDuration(given);
    if (ms !== undefined && ms >= least) return ms;
    this.complain(`${name} is ${show(given)}`, `Write ${DURATION_FORM}, at least ${least} ms.`);
    return byDefault;
  }

  /** Reads a duration, or `"never"` as `null`. */
  limit(name: string, given: unknown, least: number): number | null | undefined {
    if (given === undefined) return undefined;
    if (given === "never") return null;
    const ms = parseDuration(given);
    if (ms !== undefined && ms >= least) return ms;
    this.complain(`${name} is ${show(given)}`, `Write ${DURATION_FORM}, at least ${least} ms, or "never".`);
    return undefined;
  }

  names(name: string, given: unknown): readonly string[] {
    if (given === undefined) return [];
    const names: unknown[] = Array.isArray(given) ? given : [given];
    if (names.every((each) => typeof each === "string" && each !== "")) return names as string[];
    this.complain(`${name} is ${show(given)}`, 'Write the name that it had, such as "echo", or several.');
    return [];
  }

  whole(name: string, given: unknown, byDefault: number, [least, most]: readonly [number, number]): number {
    if (given === undefined) return byDefault;
    if (Number.isInteger(given) && (given as number) >= least && (given as number) <= most)
      return given as number;
    this.complain(`${name} is ${show(given)}`, `Write a whole number from ${least} to ${most}.`);
    return byDefault;
  }
}

const TOPIC_OPTIONS = {
  deliveryGuarantee: optionRule.any,
  orderingAttribute: optionRule.text,
  schema: optionRule.schema,
  maxMessageBytes: optionRule.any,
  subscriptionExpiry: optionRule.any,
} satisfies Record<keyof TopicOptions<unknown>, OptionRule>;

const SUBSCRIPTION_OPTIONS = {
  handler: optionRule.any,
  maxConcurrency: optionRule.any,
  ackDeadline: optionRule.any,
  messageRetention: optionRule.any,
  retryPolicy: optionsOf({
    minBackoff: optionRule.any,
    maxBackoff: optionRule.any,
    maxRetries: optionRule.any,
  } satisfies Record<keyof RetryPolicy, OptionRule>),
  timeout: optionRule.any,
  deadLetterRetention: optionRule.any,
  subscriptionExpiry: optionRule.any,
  renamedFrom: optionRule.any,
} satisfies Record<keyof SubscriptionOptions<unknown>, OptionRule>;

/** Reads a topic's options and reports all problems with them. */
export function topicSettings(
  name: string,
  given: Omit<TopicOptions<never>, "schema">,
): { settings: TopicSettings; problems: readonly Problem[] } {
  const reader = new Reader(`The topic "${name}"`);
  const options = reader.known(given, TOPIC_OPTIONS);
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
    expiryMs: reader.limit("subscriptionExpiry", options.subscriptionExpiry, LEAST_KEPT_MS),
  };
  return { settings, problems: reader.problems };
}

/** Reads a subscription's options and reports all problems with them. */
export function subscriptionSettings(
  name: string,
  given: SubscriptionOptions<never>,
  ofTopic?: TopicSettings,
): { settings: SubscriptionSettings; problems: readonly Problem[] } {
  const reader = new Reader(`The subscription "${name}"`);
  const options = reader.known(given, SUBSCRIPTION_OPTIONS);
  if (typeof options.handler !== "function") {
    reader.complain("it has no handler", "Give it `handler`, a function of the message and its context.");
  }
  const retryPolicy = options.retryPolicy ?? {};
  const minBackoffMs = reader.duration("retryPolicy.minBackoff", retryPolicy.minBackoff, 1_000, 0);
  const maxBackoffMs = reader.duration("retryPolicy.maxBackoff", retryPolicy.maxBackoff, 600_000, 0);
  if (minBackoffMs > maxBackoffMs) {
    reader.complain("minBackoff is longer than maxBackoff", "Make minBackoff the shorter one.");
  }
  const expiryMs = reader.limit("subscriptionExpiry", options.subscriptionExpiry, LEAST_KEPT_MS);
  const deadRetentionMs = reader.limit("deadLetterRetention", options.deadLetterRetention, LEAST_KEPT_MS);
  const settings: SubscriptionSettings = {
    maxConcurrency: reader.whole("maxConcurrency", options.maxConcurrency, 100, [1, 10_000]),
    ackDeadlineMs: reader.duration("ackDeadline", options.ackDeadline, 30_000, 1_000),
    retentionMs: reader.duration("messageRetention", options.messageRetention, 7 * DAY_MS, 1_000),
    timeoutMs: reader.duration("timeout", options.timeout, 300_000, 1),
    minBackoffMs,
    maxBackoffMs,
    maxRetries: reader.whole("retryPolicy.maxRetries", retryPolicy.maxRetries, 100, [-1, 1_000_000]),
    expiryMs: firstGiven(expiryMs, ofTopic?.expiryMs, DEFAULT_KEPT_MS),
    deadRetentionMs: firstGiven(deadRetentionMs, DEFAULT_KEPT_MS),
    renamedFrom: reader.names("renamedFrom", options.renamedFrom),
  };
  return { settings, problems: reader.problems };
}

/** Returns the first value that is not `undefined`; `null` counts, because it means never. */
function firstGiven(...given: readonly (number | null | undefined)[]): number | null {
  return given.find((each) => each !== undefined) ?? null;
}

/**
 * Reads `PUBSUB_SUBSCRIPTION_EXPIRY`, which overrides the `subscriptionExpiry` of every subscription.
 *
 * Shape:  milliseconds, -1 for `never`, `null` where it is not set.
 */
export function givenExpiry(env: NodeJS.ProcessEnv = process.env): {
  readonly ms: number | null;
  readonly problems: readonly Problem[];
} {
  const given = env["PUBSUB_SUBSCRIPTION_EXPIRY"];
  if (given === undefined || given === "") return { ms: null, problems: [] };
  const reader = new Reader("The environment");
  const ms = reader.limit("PUBSUB_SUBSCRIPTION_EXPIRY", given, LEAST_KEPT_MS);
  return { ms: ms === null ? -1 : (ms ?? null), problems: reader.problems };
}

function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
