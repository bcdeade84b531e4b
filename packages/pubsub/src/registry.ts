import type { SubscriptionSettings, TopicSettings } from "./settings.ts";
import type { MessageHandler } from "./options.ts";
import type { Problem, StandardSchema } from "@twinloop/core-native";

/** A topic as it was declared in this isolate. */
export interface DeclaredTopic {
  readonly name: string;
  readonly settings: TopicSettings;
  readonly schema: StandardSchema | undefined;
  readonly problems: readonly Problem[];
  readonly subscriptions: DeclaredSubscription[];
}

/** A subscription as it was declared in this isolate. */
export interface DeclaredSubscription {
  readonly topic: DeclaredTopic;
  readonly name: string;
  readonly settings: SubscriptionSettings;
  readonly handler: MessageHandler<never>;
  readonly problems: readonly Problem[];
}

/** The topics of this isolate, in the order of their declaration. */
export const topics: DeclaredTopic[] = [];
