import type { AppTransaction, Duration, StandardSchema } from "@twinloop/core-native";
import type { MessageContext } from "./message-context.ts";

/**
 * A property of a message that may order its topic (`orderingAttribute`).
 *
 * Shape:  the type itself: the name says what the property is for.
 */
export type Attribute<T extends string | number | boolean> = T;

/** How often a handler sees a message; see the table of promises in the README. */
export type DeliveryGuarantee = "at-least-once" | "exactly-once";

/** How a topic treats its messages. */
export interface TopicOptions<Message> {
  /**
   * `at-least-once`: a handler may see a message again. `exactly-once`: its effects in the app's database happen once, as
   * long as it makes them through `ctx.tx`. Default `at-least-once`.
   */
  readonly deliveryGuarantee?: DeliveryGuarantee;
  /** The property whose messages of one value are delivered in order, one after another. */
  readonly orderingAttribute?: keyof Message & string;
  /** A schema for the messages in place of the topic's type: zod 4, or any Standard Schema. */
  readonly schema?: StandardSchema<Message>;
  /** The largest message as JSON. Default 1 MiB. */
  readonly maxMessageBytes?: number;
}

/** What one publish may be told. */
export interface PublishOptions {
  /** A transaction of the app's database: the message is published when it commits, and never when it does not. */
  readonly tx?: AppTransaction;
  /** Not delivered before so much time has passed. */
  readonly delay?: Duration;
  /** Not delivered before. */
  readonly runAt?: Date;
  /** A second message of this topic with the same key is not published within `dedupeWindow`; its id is that of the first. */
  readonly dedupeKey?: string;
  /** Default 5 minutes. */
  readonly dedupeWindow?: Duration;
  /** Stops waiting for the confirmation; the message may have been published. */
  readonly signal?: AbortSignal;
}

/** When and how often a message that failed is tried again: after `minBackoff`, then twice as long each time, by chance. */
export interface RetryPolicy {
  /** Default 1 s. */
  readonly minBackoff?: Duration;
  /** Default 10 minutes. */
  readonly maxBackoff?: Duration;
  /** Then it goes to the dead letters. Default 100; -1 for ever. */
  readonly maxRetries?: number;
}

/** Runs for each message. Throwing means that it failed. */
export type MessageHandler<Message> = (message: Message, context: MessageContext) => unknown;

/** How a subscription handles messages. */
export interface SubscriptionOptions<Message> {
  readonly handler: MessageHandler<Message>;
  /** Messages of this subscription that are with handlers of this process at once. Default 100. */
  readonly maxConcurrency?: number;
  /** How long a process may be silent until its messages go to another. While a handler runs, Rust extends it. Default 30 s. */
  readonly ackDeadline?: Duration;
  /** A message older than this goes to the dead letters. Default 7 days. */
  readonly messageRetention?: Duration;
  readonly retryPolicy?: RetryPolicy;
  /** How long a handler may take; then its attempt has failed and `ctx.signal` aborts. Default 5 minutes. */
  readonly timeout?: Duration;
}
