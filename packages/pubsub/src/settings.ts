import {
  optionBounds,
  OptionReader,
  optionRule,
  optionsOf,
  problem,
  shownOption,
  SystemCode,
  type OptionBounds,
  type OptionRule,
  type Problem,
  type RetrySettings,
} from "@twinloop/core-native/internal";
import { readFilter, type WrittenFilter } from "./filter.ts";
import { fromOf, historyOf, type HistorySettings, type TopicHistory, type WrittenFrom } from "./history.ts";
import type { MessageRate, RetryPolicy, SubscriptionOptions, TopicOptions } from "./options.ts";

/** A topic's options with all defaults filled in. Durations are in milliseconds. */
export interface TopicSettings {
  /** Whether the topic was declared `exactly-once`. */
  readonly exactlyOnce: boolean;
  /** The attribute whose value is the ordering key; `null` for an unordered topic. */
  readonly orderingAttribute: string | null;
  /** Whether messages may have a priority. */
  readonly priorities: boolean;
  /** How much of its messages the topic keeps for replays; `null` keeps nothing. */
  readonly history: HistorySettings | null;
  /** The most bytes of a message as JSON. */
  readonly maxMessageBytes: number;
  /** The subscriptions' expiry; `null` for never, `undefined` where the topic does not set one. */
  readonly expiryMs: number | null | undefined;
}

/** A subscription's options in the form that Rust takes, with all defaults filled in. Durations are in milliseconds. */
export interface SubscriptionSettings extends RetrySettings {
  /** The most messages that handlers of one process work on at once. */
  readonly maxConcurrency: number;
  /** The most messages that handlers of all processes work on at once; `null` for no limit. */
  readonly maxInFlight: number | null;
  /** The most deliveries that begin within a time, over all processes; `null` for no limit. */
  readonly rate: { readonly messages: number; readonly perMs: number } | null;
  /** The length of a delivery's lease. */
  readonly ackDeadlineMs: number;
  /** The age at which a message becomes a dead letter. */
  readonly retentionMs: number;
  /** The time after which an attempt has failed. */
  readonly timeoutMs: number;
  /** The time without a serving process after which the subscription gets no more copies; `null` for never. */
  readonly expiryMs: number | null;
  /** The time after which dead letters are deleted; `null` keeps them for ever. */
  readonly deadRetentionMs: number | null;
  /** The place in the topic's history from which a new subscription gets messages; `null` for none of them. */
  readonly from: WrittenFrom | null;
  /** Former names, whose messages the subscription takes over. */
  readonly renamedFrom: readonly string[];
  /** When a batch is whole; `null` for a handler of single messages. */
  readonly batch: BatchSettings | null;
  /** How long outcomes are kept; `null` keeps none. */
  readonly keepResultsMs: number | null;
  /** Which messages the subscription wants; `null` for all. */
  readonly filter: WrittenFilter | null;
}

/** When a batch of a subscription is whole. */
export interface BatchSettings {
  /** The most messages. */
  readonly maxSize: number;
  /** How long the first message waits for further ones. */
  readonly maxWaitMs: number;
}

const DAY_MS = 86_400_000;
const OF_TOPIC = optionBounds("Topic", import.meta.url);
const OF_SUBSCRIPTION = optionBounds("Subscription", import.meta.url);
/** The default of `subscriptionExpiry` and of `deadLetterRetention`. */
const DEFAULT_KEPT_MS = 30 * DAY_MS;
const GUARANTEES: readonly unknown[] = [undefined, "at-least-once", "exactly-once"];

/** Reads the options of one topic or subscription. */
class DeclarationReader extends OptionReader {
  /** The declaration, as problems name it. */
  readonly #of: string;

  constructor(of: string, bounds: OptionBounds = {}) {
    super(bounds);
    this.#of = of;
  }

  /** The faults as problems of the start. */
  get problems(): readonly Problem[] {
    return this.faults.map(({ what, hint }) =>
      problem(SystemCode.ConfigInvalid, `${this.#of}: ${what}`, hint),
    );
  }

  /** Reads a filter; `null` where none is given. */
  filter(given: unknown): WrittenFilter | null {
    const { filter, faults } = readFilter(given);
    this.faults.push(...faults);
    return filter;
  }

  /** Reads a name, or a list of names; empty where none is given, or a wrong one. */
  names(name: string, given: unknown): readonly string[] {
    if (given === undefined) return [];
    const names: unknown[] = Array.isArray(given) ? given : [given];
    if (names.every((each) => typeof each === "string" && each !== "")) return names as string[];
    const hint = 'Write the name that it had, such as "echo", or several.';
    this.complain(`${name} is ${shownOption(given)}`, hint);
    return [];
  }
}

const TOPIC_OPTIONS = {
  deliveryGuarantee: optionRule.any,
  orderingAttribute: optionRule.text,
  priorities: optionRule.boolean,
  history: optionsOf({ maxAge: optionRule.any, maxBytes: optionRule.any } satisfies Record<
    keyof TopicHistory,
    OptionRule
  >),
  schema: optionRule.schema,
  maxMessageBytes: optionRule.any,
  subscriptionExpiry: optionRule.any,
} satisfies Record<keyof TopicOptions<unknown>, OptionRule>;

const SUBSCRIPTION_OPTIONS = {
  handler: optionRule.any,
  batchHandler: optionRule.any,
  filter: optionRule.any,
  keepResults: optionRule.any,
  maxBatchSize: optionRule.any,
  maxBatchWait: optionRule.any,
  maxConcurrency: optionRule.any,
  maxInFlight: optionRule.any,
  rateLimit: optionsOf({ messages: optionRule.any, per: optionRule.any } satisfies Record<
    keyof MessageRate,
    OptionRule
  >),
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
  from: optionRule.any,
  renamedFrom: optionRule.any,
} satisfies Record<keyof SubscriptionOptions<unknown>, OptionRule>;

/** Reads a topic's options and reports all problems with them. */
export function topicSettings(
  name: string,
  given: Omit<TopicOptions<never>, "schema">,
): { settings: TopicSettings; problems: readonly Problem[] } {
  const reader = new DeclarationReader(`The topic "${name}"`, OF_TOPIC);
  const options = reader.known(given, TOPIC_OPTIONS);
  const { deliveryGuarantee, orderingAttribute = null } = options;
  if (!GUARANTEES.includes(deliveryGuarantee)) {
    reader.complain(
      `deliveryGuarantee is ${shownOption(deliveryGuarantee)}`,
      'Write "at-least-once" or "exactly-once".',
    );
  }
  if (options.priorities === true && orderingAttribute !== null) {
    reader.complain(
      "it has priorities and an orderingAttribute",
      "Leave one of them out: messages of one key are delivered in their order, whatever their priority.",
    );
  }
  if (options.history !== undefined && orderingAttribute !== null) {
    reader.complain(
      "it has a history and an orderingAttribute",
      "Leave one of them out: what is replayed would come behind newer messages of its key.",
    );
  }
  const settings: TopicSettings = {
    exactlyOnce: deliveryGuarantee === "exactly-once",
    orderingAttribute,
    priorities: options.priorities === true,
    history: historyOf(reader, options.history),
    maxMessageBytes: reader.whole("maxMessageBytes", options.maxMessageBytes, 1 << 20),
    expiryMs: reader.durationOrNever("subscriptionExpiry", options.subscriptionExpiry),
  };
  return { settings, problems: reader.problems };
}

/** Reads a subscription's options and reports all problems with them. */
export function subscriptionSettings(
  name: string,
  given: SubscriptionOptions<never>,
  ofTopic?: TopicSettings,
): { settings: SubscriptionSettings; problems: readonly Problem[] } {
  const reader = new DeclarationReader(`The subscription "${name}"`, OF_SUBSCRIPTION);
  const options = reader.known(given, SUBSCRIPTION_OPTIONS);
  checkHandler(reader, options, ofTopic);
  checkResults(reader, options, ofTopic);
  const expiryMs = reader.durationOrNever("subscriptionExpiry", options.subscriptionExpiry);
  const deadRetentionMs = reader.durationOrNever("deadLetterRetention", options.deadLetterRetention);
  const settings: SubscriptionSettings = {
    ...concurrency(reader, options),
    maxInFlight: reader.whole("maxInFlight", options.maxInFlight, undefined) ?? null,
    rate: rateOf(reader, options.rateLimit),
    ackDeadlineMs: reader.duration("ackDeadline", options.ackDeadline, 30_000),
    retentionMs: reader.duration("messageRetention", options.messageRetention, 7 * DAY_MS),
    timeoutMs: reader.duration("timeout", options.timeout, 300_000),
    ...reader.retryPolicy(options.retryPolicy ?? {}, 100),
    expiryMs: firstGiven(expiryMs, ofTopic?.expiryMs, DEFAULT_KEPT_MS),
    deadRetentionMs: firstGiven(deadRetentionMs, DEFAULT_KEPT_MS),
    from: fromOf(reader, options.from, ofTopic),
    renamedFrom: reader.names("renamedFrom", options.renamedFrom),
    filter: reader.filter(options.filter),
    keepResultsMs: reader.duration("keepResults", options.keepResults, undefined) ?? null,
  };
  return { settings, problems: reader.problems };
}

/** Checks that a subscription has one handler, of a kind that its topic allows. */
function checkHandler(
  reader: DeclarationReader,
  { handler, batchHandler, maxBatchSize, maxBatchWait }: SubscriptionOptions<never>,
  ofTopic: TopicSettings | undefined,
): void {
  const hint =
    "Give it `handler`, a function of the message and its context, or `batchHandler`, a function of several messages.";
  if (handler !== undefined && batchHandler !== undefined) {
    reader.complain("it has both handler and batchHandler", hint);
  } else if (typeof (handler ?? batchHandler) !== "function") {
    reader.complain("it has no handler", hint);
  }
  if (batchHandler === undefined && (maxBatchSize !== undefined || maxBatchWait !== undefined)) {
    const given = maxBatchSize === undefined ? "maxBatchWait" : "maxBatchSize";
    reader.complain(`it has ${given} and no batchHandler`, `Add \`batchHandler\`, or remove \`${given}\`.`);
  }
  if (batchHandler !== undefined && ofTopic?.exactlyOnce) {
    reader.complain(
      "it has a batchHandler, and its topic is delivered exactly once: one transaction cannot keep some messages of a batch and undo others",
      'Use `handler`, or deliveryGuarantee: "at-least-once" with statements that may run twice.',
    );
  }
}

/** Checks that a subscription which keeps results has some that can be kept. */
function checkResults(
  reader: DeclarationReader,
  { keepResults, batchHandler }: SubscriptionOptions<never>,
  ofTopic: TopicSettings | undefined,
): void {
  if (keepResults === undefined) return;
  if (batchHandler !== undefined) {
    reader.complain(
      "it has keepResults and a batchHandler, which returns nothing for single messages",
      "Use `handler`.",
    );
  }
  if (ofTopic?.exactlyOnce) {
    reader.complain(
      "it has keepResults, and its topic is delivered exactly once: a result that is lost with its process could not be made again",
      'Write the result in `ctx.tx`, or use deliveryGuarantee: "at-least-once".',
    );
  }
}

/** Reads how many messages are with handlers at once, and in one batch. */
function concurrency(
  reader: DeclarationReader,
  { batchHandler, maxConcurrency, maxBatchSize, maxBatchWait }: SubscriptionOptions<never>,
): Pick<SubscriptionSettings, "maxConcurrency" | "batch"> {
  const size = reader.whole("maxBatchSize", maxBatchSize, undefined);
  const most = reader.whole("maxConcurrency", maxConcurrency, Math.max(100, size ?? 0));
  const maxWaitMs = reader.duration("maxBatchWait", maxBatchWait, 50);
  if (size !== undefined && size > most) {
    reader.complain(
      `maxBatchSize is ${size}, more than maxConcurrency, which is ${most}`,
      "Make maxConcurrency at least as large: it counts the messages of batches one by one.",
    );
  }
  const batch = batchHandler === undefined ? null : { maxSize: size ?? Math.min(100, most), maxWaitMs };
  return { maxConcurrency: most, batch };
}

/** Reads `rateLimit`, of which both parts must be given; `null` where it is not given, or wrong. */
function rateOf(reader: DeclarationReader, given: MessageRate | undefined): SubscriptionSettings["rate"] {
  if (typeof given !== "object" || given === null) return null;
  const messages = reader.whole("rateLimit.messages", given.messages, undefined);
  const perMs = reader.duration("rateLimit.per", given.per, undefined);
  for (const part of ["messages", "per"] as const) {
    if (given[part] !== undefined) continue;
    reader.complain(`rateLimit has no ${part}`, 'Write both, such as { messages: 100, per: "1s" }.');
  }
  return messages === undefined || perMs === undefined ? null : { messages, perMs };
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
  const reader = new DeclarationReader("The environment");
  const ms = reader.durationOrNever(
    "PUBSUB_SUBSCRIPTION_EXPIRY",
    given,
    OF_TOPIC.durationMs!["subscriptionExpiry"],
  );
  return { ms: ms === null ? -1 : (ms ?? null), problems: reader.problems };
}
