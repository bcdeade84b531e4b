import type { AppTransaction, Duration, StandardSchema } from "@twinloop/core-native";
import type { BatchContext } from "./batch-context.ts";
import type { Filter } from "./filter.ts";
import type { ReplayFrom, TopicHistory } from "./history.ts";
import type { MessageContext } from "./message-context.ts";

/**
 * A property of a message that may order its topic (`orderingAttribute`).
 *
 * Shape:  the type itself: the name says what the property is for.
 */
export type Attribute<T extends string | number | boolean> = T;

/** The delivery guarantee of a topic: whether the effects of a handler in the app's database may happen more than once. */
export type DeliveryGuarantee = "at-least-once" | "exactly-once";

/** The options of a topic. */
export interface TopicOptions<Message> {
  /**
   * `at-least-once`: a handler may see a message again. `exactly-once`: its effects in the app's database happen once, as
   * long as it makes them through `ctx.tx`. Default `at-least-once`.
   */
  readonly deliveryGuarantee?: DeliveryGuarantee;
  /** The property whose messages of one value are delivered in order, one after another. */
  readonly orderingAttribute?: keyof Message & string;
  /**
   * Whether publishers may give messages a `priority`. Default false. Not together with `orderingAttribute`: the order of a key
   * leaves a priority nothing to decide.
   */
  readonly priorities?: boolean;
  /**
   * Keeps messages for subscriptions that get them later, by `from` or by `topics replay`. Default: none are kept. On RabbitMQ alone;
   * `start()` refuses it elsewhere, and another `maxAge` or `maxBytes` than the broker keeps the topic's history with.
   * Not together with `orderingAttribute`: what is replayed would come behind newer messages of its key.
   */
  readonly history?: TopicHistory;
  /** A schema for the messages in place of the topic's type: zod 4, or any Standard Schema. */
  readonly schema?: StandardSchema<Message>;
  /** The largest message as JSON. Default 1 MiB. */
  readonly maxMessageBytes?: number;
  /** The default of `subscriptionExpiry` for the topic's subscriptions. */
  readonly subscriptionExpiry?: Duration | "never";
}

/** The options of one publish. */
export interface PublishOptions {
  /** A transaction of the app's database: the message is published when it commits, and never when it does not. */
  readonly tx?: AppTransaction;
  /** The shortest time from the publish to the delivery. Default 0. */
  readonly delay?: Duration;
  /** The earliest time of the delivery. */
  readonly runAt?: Date;
  /**
   * From 0 to 9: of the messages that are due, each subscription gets those of the greatest priority first, and the oldest within
   * one. A retried message keeps its priority. Default 0. Needs a topic with `priorities: true`.
   */
  readonly priority?: number;
  /**
   * A second message of this topic with the same key is not published within `dedupeWindow`; its id is that of the
   * first.
   */
  readonly dedupeKey?: string;
  /** How long a `dedupeKey` counts. Default 5 minutes. */
  readonly dedupeWindow?: Duration;
  /**
   * While a message of this topic with the same key waits, is delayed, is with a handler or is to be retried in any subscription,
   * a second one is not published; its id is that of the first. The key is free when the message is handled, deleted or a dead
   * letter. Not together with `dedupeKey`, and not on RabbitMQ.
   */
  readonly uniqueKey?: string;
  /** Stops waiting for the confirmation; the message may have been published. */
  readonly signal?: AbortSignal;
}

/**
 * When and how often a failed message is retried. The pause before retry `n` is random, at most `minBackoff · 2^(n -
 * 1)` and at most `maxBackoff`.
 */
export interface RetryPolicy {
  /** The longest pause before the first retry. Default 1 s, or a shorter `maxBackoff`. */
  readonly minBackoff?: Duration;
  /** The longest pause before any retry. Default 10 minutes, or a longer `minBackoff`. */
  readonly maxBackoff?: Duration;
  /** How many retries follow the first attempt before the message becomes a dead letter. Default 100; -1 for no limit. */
  readonly maxRetries?: number;
}

/**
 * A limit on how many deliveries begin, over all processes: a token bucket of `messages` tokens that fills up over `per`. At most
 * `messages` begin at once, and over a longer time so many in each `per`.
 *
 * Example: `{ messages: 100, per: "1s" }`
 */
export interface MessageRate {
  /** How many deliveries begin at most at once, and over each `per` on average. From 1. */
  readonly messages: number;
  /** The time over which so many may begin again: from 1 ms to a day. */
  readonly per: Duration;
}

/** A function that handles one message. The attempt fails if the function throws or its promise rejects. */
export type MessageHandler<Message, Result = unknown> = (
  message: Message,
  context: MessageContext,
) => Result | Promise<Result>;

/**
 * A function that handles several messages of one subscription at once. Messages that it does not fail by `context.fail` are
 * acknowledged when it returns or its promise resolves; where it throws, all have failed.
 */
export type BatchHandler<Message> = (messages: readonly Message[], context: BatchContext<Message>) => unknown;

/** The options of a subscription, which has either a `handler` or a `batchHandler`. */
export interface SubscriptionOptions<Message, Result = unknown> {
  /** The function that is given each message. A message is acknowledged when it returns, or what it returns resolves. */
  readonly handler?: MessageHandler<Message, Result>;
  /**
   * The function that is given messages in batches, in place of `handler`: a batch is delivered when it has `maxBatchSize`
   * messages, or when its first one has waited for `maxBatchWait`. Each message keeps its own attempts and retries. Not for
   * topics that are delivered exactly once. Of an ordered topic, a batch has at most one message of each key.
   */
  readonly batchHandler?: BatchHandler<Message>;
  /**
   * Which messages the subscription wants, by conditions on their top-level properties: those that do not meet them run no
   * JavaScript. A process that publishes and declares the subscription stores no copy of them, but on RabbitMQ; a copy
   * that is there is acknowledged unseen when it is delivered.
   */
  readonly filter?: Filter<Message>;
  /**
   * Keeps what the handler returns, or the error of a dead letter, this long for whoever asks with `result(messageId)`, in any
   * process. On PostgreSQL and in memory; not with a `batchHandler`, nor for topics that are delivered exactly once.
   */
  readonly keepResults?: Duration;
  /** The most messages of a batch, at most `maxConcurrency`. Default 100, or `maxConcurrency` where that is less. */
  readonly maxBatchSize?: number;
  /** How long the first message of a batch waits for further ones, at most 1 minute. Default 50 ms. */
  readonly maxBatchWait?: Duration;
  /**
   * The most messages of this subscription that handlers of this process work on at once, those of batches one by one.
   * Default 100, or `maxBatchSize` where that is more.
   */
  readonly maxConcurrency?: number;
  /**
   * The most messages of this subscription that handlers of all processes work on at once; each process takes at most
   * `maxConcurrency` of them. Default: no limit. Not on RabbitMQ.
   */
  readonly maxInFlight?: number;
  /** How many deliveries begin at most within a time, over all processes; retries count. Default: no limit. Not on RabbitMQ. */
  readonly rateLimit?: MessageRate;
  /**
   * The lease of a delivery: how long a process may be silent before its messages go to another. Rust extends the
   * lease while a handler runs. Default 30 s.
   */
  readonly ackDeadline?: Duration;
  /** The age at which a message becomes a dead letter. Default 7 days. */
  readonly messageRetention?: Duration;
  /** How long dead letters are kept before they are deleted. Default 30 days; `"never"` keeps them for ever. */
  readonly deadLetterRetention?: Duration | "never";
  /**
   * The time without a serving process after which the subscription gets no more copies of new messages; the messages
   * that it holds stay. Default 30 days, or `PUBSUB_SUBSCRIPTION_EXPIRY`; `"never"` copies for ever.
   */
  readonly subscriptionExpiry?: Duration | "never";
  /**
   * The place in the topic's `history` from which a subscription that is new to the broker gets messages, before or among those that
   * are published from then on; without effect on one that is there already. Default: none of before. A message that is published at
   * the moment of the declaration may come twice. Needs a topic with `history`; on RabbitMQ alone.
   */
  readonly from?: ReplayFrom;
  /**
   * Former names of this subscription, whose messages it takes over once. Processes that still declare an old name share
   * the messages with those that declare the new one.
   */
  readonly renamedFrom?: string | readonly string[];
  /** When a message whose handler failed is tried again, and how often before it becomes a dead letter. */
  readonly retryPolicy?: RetryPolicy;
  /** How long an attempt may take before it fails and `ctx.signal` aborts. Default 5 minutes. */
  readonly timeout?: Duration;
}
