/**
 * Looks into the broker of an app, and moves and deletes messages, without receiving any: for operators' tools.
 *
 * @packageDocumentation
 */
import { appMeta, StartError } from "@twinloop/core-native";
import { call, Operation } from "./native.ts";
import { findProvider } from "./provider.ts";
import { subscriptionSettings, topicSettings } from "./settings.ts";
import { readDeadLetters, type DeadLetter, type Depth, type WrittenDeadLetter } from "./subscription.ts";

export type { DeadLetter, Depth } from "./subscription.ts";

/** A subscription by its names. */
export interface SubscriptionName {
  readonly topic: string;
  readonly subscription: string;
}

/** An open broker, for those who operate it. Its subscriptions are those that were named when it was opened. */
export interface Admin {
  /** Where it is, without user and password. */
  readonly place: string;
  depth(of: SubscriptionName): Promise<Depth>;
  /** The oldest first: at most `limit` of them (default 100), after the id `after`. */
  deadLetters(of: SubscriptionName, options?: { limit?: number; after?: string }): Promise<DeadLetter[]>;
  /** Puts dead letters back, with their attempts forgotten: those with these ids, or all. Returns how many. */
  redrive(of: SubscriptionName, ids?: readonly string[]): Promise<number>;
  /** Deletes what waits, or the dead letters. Returns how many. */
  purge(of: SubscriptionName, part: "waiting" | "dead"): Promise<number>;
  close(): Promise<void>;
}

/**
 * Opens the broker that the app's environment names, and declares nothing in it.
 *
 * Shape:  the subscriptions that are to be looked at -> the open broker; close it in the end.
 * Errors: `StartError` where the environment names none; `PubsubError` where it cannot be reached, or where the embedded
 *         one is in use by a running app.
 */
export async function openAdmin(subscriptions: readonly SubscriptionName[]): Promise<Admin> {
  const provider = findProvider();
  if (provider.kind === "missing") throw new StartError([provider.problem]);
  const url = provider.kind === "url" ? provider.url : await provider.database.connect();
  const argument = {
    url,
    root: appMeta().root,
    types: [],
    topics: topicsOf(subscriptions),
    declare: false,
  };
  const opened = await call<{ broker: number; place: string }>(Operation.open, JSON.stringify(argument));
  return new OpenAdmin(opened.broker, opened.place, numbered(subscriptions));
}

/** Topics in the order of their first subscription. */
function topicNames(subscriptions: readonly SubscriptionName[]): string[] {
  return [...new Set(subscriptions.map(({ topic }) => topic))];
}

function topicsOf(subscriptions: readonly SubscriptionName[]): object[] {
  const { settings } = subscriptionSettings("", { handler: () => undefined });
  const { maxMessageBytes } = topicSettings("", {}).settings;
  return topicNames(subscriptions).map((name) => ({
    name,
    type: null,
    ordered: false,
    orderingAttribute: null,
    maxMessageBytes,
    subscriptions: subscriptions
      .filter(({ topic }) => topic === name)
      .map(({ subscription }) => ({ name: subscription, ...settings })),
  }));
}

/** Subscriptions are numbered topic by topic. */
function numbered(subscriptions: readonly SubscriptionName[]): readonly SubscriptionName[] {
  return topicNames(subscriptions).flatMap((name) => subscriptions.filter(({ topic }) => topic === name));
}

class OpenAdmin implements Admin {
  readonly place: string;
  readonly #broker: number;
  readonly #subscriptions: readonly SubscriptionName[];

  constructor(broker: number, place: string, subscriptions: readonly SubscriptionName[]) {
    this.#broker = broker;
    this.place = place;
    this.#subscriptions = subscriptions;
  }

  depth(of: SubscriptionName): Promise<Depth> {
    return this.#call(Operation.depth, of);
  }

  async deadLetters(
    of: SubscriptionName,
    { limit = 100, after }: { limit?: number; after?: string } = {},
  ): Promise<DeadLetter[]> {
    const more = `,${limit},${JSON.stringify(after ?? null)}`;
    return readDeadLetters(await this.#call<WrittenDeadLetter[]>(Operation.deadLetters, of, more));
  }

  redrive(of: SubscriptionName, ids?: readonly string[]): Promise<number> {
    return this.#call(Operation.redrive, of, `,${JSON.stringify(ids ?? null)}`);
  }

  purge(of: SubscriptionName, part: "waiting" | "dead"): Promise<number> {
    return this.#call(Operation.purge, of, `,${JSON.stringify(part)}`);
  }

  close(): Promise<void> {
    return call(Operation.close, `[${this.#broker}]`);
  }

  async #call<T>(operation: number, of: SubscriptionName, more = ""): Promise<T> {
    const number = this.#subscriptions.findIndex(
      ({ topic, subscription }) => topic === of.topic && subscription === of.subscription,
    );
    return call<T>(operation, `[${this.#broker},${number}${more}]`);
  }
}
