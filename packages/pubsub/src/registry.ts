import type { SubscriptionSettings, TopicSettings } from "./settings.ts";
import type { BatchHandler, MessageHandler } from "./options.ts";
import type { Problem, StandardSchema } from "@twinloop/core-native";
import { PubsubError } from "./error.ts";

/** A topic as it was declared in this isolate. */
export interface DeclaredTopic {
  /** The topic's name, unique in the app. */
  readonly name: string;
  /** The topic's options with all defaults. */
  readonly settings: TopicSettings;
  /** The schema in the options; `undefined` where the manifest has the message's type. */
  readonly schema: StandardSchema | undefined;
  /** What is wrong with the options; `start()` reports it. */
  readonly problems: readonly Problem[];
  /** The topic's subscriptions in this isolate, in the order of their declaration. */
  readonly subscriptions: DeclaredSubscription[];
}

/** A subscription as it was declared in this isolate. */
export interface DeclaredSubscription {
  /** The topic whose messages the subscription gets. */
  readonly topic: DeclaredTopic;
  /** The subscription's name, unique within its topic. */
  readonly name: string;
  /** The subscription's options with all defaults. */
  readonly settings: SubscriptionSettings;
  /** The function that each message is given to; `undefined` where `batchHandler` is there. */
  readonly handler: MessageHandler<never> | undefined;
  /** The function that messages are given to in batches. */
  readonly batchHandler: BatchHandler<never> | undefined;
  /** What is wrong with the options; `start()` reports it. */
  readonly problems: readonly Problem[];
}

/** The topics of this isolate, in the order of their declaration. */
export const topics: DeclaredTopic[] = [];

const declarations = new WeakMap<object, DeclaredTopic>();

/** Notes the declaration behind a topic. */
export function noteDeclaration(topic: object, declared: DeclaredTopic): void {
  declarations.set(topic, declared);
}

/** The declaration behind a topic; `undefined` for anything else. */
export function findDeclaration(topic: object): DeclaredTopic | undefined {
  return declarations.get(topic);
}

/** The declaration behind a topic. Errors: `invalid_argument` for anything else. */
export function declarationOf(topic: object): DeclaredTopic {
  const declared = declarations.get(topic);
  if (declared) return declared;
  throw new PubsubError("invalid_argument", "a subscription needs a topic that was made with new Topic(…)");
}
