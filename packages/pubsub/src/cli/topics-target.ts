import type { AppTopics } from "./app-topics.ts";
import type { Admin, KnownSubscription, SubscriptionName } from "../admin.ts";
import { AppProblem, Unclear, type Result } from "@twinloop/core-native/cli";
import type { TopicsLine } from "./app-topics.ts";

/** The surroundings of one `topics` command: the app's topics, the open broker and the target. */
export interface Setting {
  /** The open broker. */
  readonly admin: Admin;
  /** The subscriptions that the broker has. */
  readonly known: readonly KnownSubscription[];
  /** The topics that the app declares. */
  readonly manifest: AppTopics;
  /** The line as it was typed. */
  readonly args: TopicsLine;
  /** The subscription that the command line names. */
  readonly target: SubscriptionName | undefined;
}

/** One command of `topics`. */
export interface Work {
  /** Checks the command line before the broker is opened; throws `Unclear`. */
  readonly check?: (args: TopicsLine) => void;
  /** Whether the command names a topic where others name a subscription. */
  readonly isOfTopic?: true;
  readonly run: (setting: Setting) => Promise<Result>;
}

/** Formats the name of a subscription as `topic/subscription`. */
export function nameOf({ topic, subscription }: SubscriptionName): string {
  return `${topic}/${subscription}`;
}

/** Parses `topic/subscription`. The subscription's name may contain slashes. Throws `Unclear`. */
export function parseName(name: string): SubscriptionName {
  const at = name.indexOf("/");
  if (at <= 0 || at === name.length - 1) {
    throw new Unclear(`"${name}" names no subscription: write <topic>/<subscription>.`);
  }
  return { topic: name.slice(0, at), subscription: name.slice(at + 1) };
}

/** Whether the app declares the subscription, under its present or a former name. */
export function isOfApp({ subscriptions }: AppTopics, { topic, subscription }: SubscriptionName): boolean {
  return subscriptions.some((each) => each.topic === topic && each.name === subscription);
}

/** Finds the subscription of this name in the app or in the broker. Throws `AppProblem` where neither has it. */
export function named(
  name: string,
  manifest: AppTopics,
  known: readonly KnownSubscription[],
  place: string,
): SubscriptionName {
  const wanted = parseName(name);
  const isThere = known.some(
    ({ topic, subscription, formerly }) =>
      topic === wanted.topic &&
      (subscription === wanted.subscription || formerly.includes(wanted.subscription)),
  );
  // RabbitMQ may have a subscription that its list lacks: it is asked by name.
  if (isThere || isOfApp(manifest, wanted) || place.startsWith("amqp")) return wanted;
  const own = manifest.subscriptions.map((each) => `${each.topic}/${each.name}`);
  const all = [...new Set([...own, ...known.map(nameOf)])].join(", ") || "none";
  throw new AppProblem(`There is no subscription "${name}" in the app or in ${place}; it has ${all}.`);
}
