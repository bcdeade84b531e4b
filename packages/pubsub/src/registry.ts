import type { SubscriptionSettings, TopicSettings } from "./settings.ts";
import type { MessageHandler } from "./options.ts";
import type { Problem, StandardSchema } from "@twinloop/core-native";
import { PubsubError } from "./error.ts";

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
