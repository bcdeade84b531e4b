/**
 * Topics and subscriptions whose delivery, retries and confirms are run by Rust.
 *
 * @packageDocumentation
 */
import { requireAbi } from "@twinloop/core-native/internal";

requireAbi("@twinloop/pubsub", 7);

export { log, onShutdown, start, stop } from "@twinloop/core-native";
export { BatchContext, type BatchEntry } from "./batch-context.ts";
export { PubsubError, Unrecoverable } from "./error.ts";
export type { JsonOf, ResultOptions } from "./result.ts";
export { RetryAfter } from "./retry-after.ts";
export type { Filter, FilterCondition, FilterOperators, FilterValue } from "./filter.ts";
export type { ReplayFrom, TopicHistory } from "./history.ts";
export { MessageContext, type PubSubMessageMeta } from "./message-context.ts";
export type {
  Attribute,
  BatchHandler,
  DeliveryGuarantee,
  MessageHandler,
  MessageRate,
  PublishOptions,
  RetryPolicy,
  SubscriptionOptions,
  TopicOptions,
} from "./options.ts";
export type { NewTime, Recalled, RecalledFrom } from "./recall.ts";
export type { StandardSchema } from "@twinloop/core-native";
export { Subscription, type DeadLetter, type Depth, type SubscriptionStats } from "./subscription.ts";
export { Topic, type Publisher } from "./topic.ts";
