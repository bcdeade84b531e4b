/**
 * Inspects the broker of an app and moves, deletes and pauses there, without receiving messages: for operators' tools, also within a
 * process of the app, whose open broker they then use. Subscriptions are addressed by name, including those that the app no longer declares.
 *
 * @packageDocumentation
 */
import { appMeta, StartError } from "@twinloop/core-native";
import { encodeRange, type ReplayRange } from "./history.ts";
import type { KnownSubscription, SubscriptionName } from "./known-subscription.ts";
import { native } from "./native.ts";
import { findProvider } from "./provider.ts";
import { checkedId, encodeTime, type NewTime, type Recalled } from "./recall.ts";
import { topics } from "./registry.ts";
import { readDeadLetters, type DeadLetter, type Depth, type WrittenDeadLetter } from "./subscription.ts";

export type { KnownSubscription, SubscriptionName } from "./known-subscription.ts";
export type { ReplayFrom, ReplayRange } from "./history.ts";
export { standings, type Standing } from "./standing.ts";
export type { NewTime, Recalled, RecalledFrom } from "./recall.ts";
export type { DeadLetter, Depth } from "./subscription.ts";

/** A message that is neither acknowledged nor a dead letter. */
export interface PendingMessage<Message = unknown> {
  /** The message's id, as `publish` returned it. */
  readonly id: string;
  /** Ready to be delivered, delayed until `dueAt`, or in flight: with a handler that has not finished. */
  readonly state: "ready" | "delayed" | "in_flight";
  /** The message as published, parsed from JSON: dates are strings. */
  readonly body: Message;
  /** The value of the ordering attribute; `null` where the topic has none. */
  readonly key: string | null;
  /** The priority, the greatest first; 0 where the topic has no priorities. */
  readonly priority: number;
  /** The `uniqueKey` that the message holds; `null` without any. */
  readonly uniqueKey: string | null;
  /** How often the message was delivered to a handler, including a delivery that is under way. */
  readonly attempts: number;
  /** When the message was published. */
  readonly publishedAt: Date;
  /** Milliseconds since the message was published. */
  readonly ageMs: number;
  /** When a delayed message is due; `null` for any other. */
  readonly dueAt: Date | null;
  /** When the message becomes a dead letter for its age (`messageRetention`); `null` where this process does not declare the subscription. */
  readonly expiresAt: Date | null;
  /** The process that handles the message, as `host/pid`; `null` where the broker does not know. */
  readonly holder: string | null;
  /** When the delivery that is under way began; `null` where none is. */
  readonly heldSince: Date | null;
}

/** Selects dead letters; a field that is left out admits all. */
export interface DeadLetterFilter {
  /** Admits letters of this reason only. */
  readonly reason?: DeadLetter["reason"];
  /** Admits letters that were given up at this time or later. */
  readonly since?: Date;
  /** Admits letters that were given up before this time. */
  readonly until?: Date;
}

/** How many dead letters there are of each reason, and of the 20 most frequent errors. */
export interface DeadLetterCounts {
  /** The number of letters by their reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** The most frequent errors with the number of their letters, the most frequent first. */
  readonly errors: readonly { readonly error: string; readonly count: number }[];
}

/**
 * An open connection to the broker, for operators.
 *
 * Errors: each method may reject with `PubsubError` `not_found` for a subscription or for message ids that the broker does
 *         not have. The message names those ids; the other ids of the call were processed.
 */
export interface Admin {
  /** The broker's address, without user and password. */
  readonly place: string;
  /** All subscriptions of the broker, by topic and name. */
  subscriptions(): Promise<KnownSubscription[]>;
  /** Counts a subscription's messages by state. */
  depth(of: SubscriptionName): Promise<Depth>;
  /** Lists dead letters, the oldest first: at most `limit` (default 100), beginning behind the id `after`. */
  deadLetters(
    of: SubscriptionName,
    options?: DeadLetterFilter & { readonly limit?: number; readonly after?: string },
  ): Promise<DeadLetter[]>;
  /** Counts a subscription's dead letters by reason and by error, of those that the filter admits. */
  deadLetterCounts(of: SubscriptionName, filter?: DeadLetterFilter): Promise<DeadLetterCounts>;
  /**
   * Puts dead letters back into the subscription with attempts reset: those with these ids, or all. Returns their
   * number.
   */
  redrive(of: SubscriptionName, ids?: readonly string[]): Promise<number>;
  /**
   * Copies messages of the topic's history into the subscription, behind what waits there, and resolves when all are stored, with
   * their number. Ids stay; attempts and `messageRetention` begin anew. What is published meanwhile is not among them.
   *
   * Errors: `PubsubError`: `failed_precondition` for a topic without `history` or with an `orderingAttribute`, and everywhere but on
   *         RabbitMQ; `invalid_argument` for a range that cannot be read; `unavailable` (a part may have been copied).
   */
  replay(of: SubscriptionName, range: ReplayRange): Promise<number>;
  /** Deletes all waiting messages, or all dead letters. Returns their number. */
  purge(of: SubscriptionName, part: "waiting" | "dead"): Promise<number>;
  /** Lists messages that are not done, the oldest first: at most `limit` (default 100). */
  peek(of: SubscriptionName, options?: { readonly limit?: number }): Promise<PendingMessage[]>;
  /** Deletes waiting messages and dead letters by id. Returns their number. */
  delete(of: SubscriptionName, ids: readonly string[]): Promise<number>;
  /** Makes delayed messages due now. Returns their number. */
  promote(of: SubscriptionName, ids: readonly string[]): Promise<number>;
  /** Cancels a message by its id in each subscription of the topic where it still waits, as `Topic.cancel`. */
  cancel(topic: string, id: string): Promise<Recalled>;
  /** Gives a message another time in each subscription of the topic where it still waits, as `Topic.reschedule`. */
  reschedule(topic: string, id: string, time: NewTime): Promise<Recalled>;
  /** Pauses the subscription in all processes, also those that start later, until `resume`. Takes effect within seconds. */
  pause(of: SubscriptionName): Promise<void>;
  /** Ends a pause: processes take the subscription's messages again within seconds. */
  resume(of: SubscriptionName): Promise<void>;
  /**
   * Moves waiting messages and dead letters to another subscription of the topic; ids and attempts stay. Returns
   * their number.
   */
  move(of: SubscriptionName, to: string): Promise<number>;
  /** Deletes a subscription with all its messages. Returns the number of messages. */
  remove(of: SubscriptionName): Promise<number>;
  /** Closes the connection to the broker. Messages and pauses stay as they are. */
  close(): Promise<void>;
}

/** Lists the subscriptions that this process has declared. */
export function declaredSubscriptions(): SubscriptionName[] {
  return topics.flatMap(({ name: topic, subscriptions }) =>
    subscriptions.map(({ name: subscription }) => ({ topic, subscription })),
  );
}

/**
 * Opens the broker that the app's environment names, and declares nothing in it.
 *
 * Errors: `StartError` where the environment names no broker; `PubsubError` where the broker cannot be reached, or where the
 *         embedded broker is in use by a running app.
 */
export async function openAdmin(): Promise<Admin> {
  const provider = findProvider();
  if (provider.kind === "missing") throw new StartError([provider.problem]);
  const url = provider.kind === "url" ? provider.url : await provider.database.connect();
  const argument = { url, root: appMeta().root, types: [], topics: [], declare: false };
  const opened = await native.call<{ broker: number; place: string }>("open", argument);
  return new OpenAdmin(opened.broker, opened.place);
}

type Written<T> = {
  readonly [Key in keyof T]: Date extends T[Key] ? number | Exclude<T[Key], Date> : T[Key];
};

function asDate(ms: number | null): Date | null {
  return ms === null ? null : new Date(ms);
}

/** The `messageRetention` of a subscription; `undefined` where this process does not declare it. */
function retentionOf({ topic, subscription }: SubscriptionName): number | undefined {
  const declared = topics.find(({ name }) => name === topic);
  return declared?.subscriptions.find(({ name }) => name === subscription)?.settings.retentionMs;
}

function readPending(written: Written<PendingMessage>, keptMs: number | undefined): PendingMessage {
  const { publishedAt, dueAt, heldSince } = written as unknown as {
    publishedAt: number;
    dueAt: number | null;
    heldSince: number | null;
  };
  return {
    ...(written as unknown as PendingMessage),
    publishedAt: new Date(publishedAt),
    dueAt: asDate(dueAt),
    expiresAt: keptMs === undefined ? null : new Date(publishedAt + keptMs),
    heldSince: asDate(heldSince),
  };
}

function written({ reason, since, until }: DeadLetterFilter): object {
  return { reason: reason ?? null, sinceMs: since?.getTime() ?? null, untilMs: until?.getTime() ?? null };
}

class OpenAdmin implements Admin {
  readonly place: string;
  readonly #broker: number;

  constructor(broker: number, place: string) {
    this.#broker = broker;
    this.place = place;
  }

  subscriptions(): Promise<KnownSubscription[]> {
    return this.#call("known", { topic: "", subscription: "" });
  }

  depth(of: SubscriptionName): Promise<Depth> {
    return this.#call("depth", of);
  }

  async deadLetters(
    of: SubscriptionName,
    { limit = 100, after, ...filter }: DeadLetterFilter & { limit?: number; after?: string } = {},
  ): Promise<DeadLetter[]> {
    const more = { limit, after: after ?? null, ...written(filter) };
    return readDeadLetters(await this.#call<WrittenDeadLetter[]>("dead", of, more));
  }

  deadLetterCounts(of: SubscriptionName, filter: DeadLetterFilter = {}): Promise<DeadLetterCounts> {
    return this.#call("reasons", of, written(filter));
  }

  redrive(of: SubscriptionName, ids?: readonly string[]): Promise<number> {
    return this.#call("redrive", of, { ids: ids ?? null });
  }

  async replay(of: SubscriptionName, range: ReplayRange): Promise<number> {
    return this.#call("replay", of, encodeRange(range));
  }

  purge(of: SubscriptionName, part: "waiting" | "dead"): Promise<number> {
    return this.#call("purge", of, { part });
  }

  async peek(of: SubscriptionName, { limit = 100 }: { limit?: number } = {}): Promise<PendingMessage[]> {
    const found = await this.#call<Written<PendingMessage>[]>("peek", of, { limit });
    const keptMs = retentionOf(of);
    return found.map((written) => readPending(written, keptMs));
  }

  delete(of: SubscriptionName, ids: readonly string[]): Promise<number> {
    return this.#call("delete", of, { ids });
  }

  promote(of: SubscriptionName, ids: readonly string[]): Promise<number> {
    return this.#call("promote", of, { ids });
  }

  async cancel(topic: string, id: string): Promise<Recalled> {
    return this.#call("recall", { topic, subscription: "" }, { id: checkedId(id) });
  }

  async reschedule(topic: string, id: string, time: NewTime): Promise<Recalled> {
    return this.#call("recall", { topic, subscription: "" }, { id: checkedId(id), ...encodeTime(time) });
  }

  async pause(of: SubscriptionName): Promise<void> {
    await this.#call("pause", of);
  }

  async resume(of: SubscriptionName): Promise<void> {
    await this.#call("resume", of);
  }

  move(of: SubscriptionName, to: string): Promise<number> {
    return this.#call("move", of, { to });
  }

  remove(of: SubscriptionName): Promise<number> {
    return this.#call("remove", of);
  }

  close(): Promise<void> {
    return native.call("close", [this.#broker]);
  }

  #call<T>(what: string, { topic, subscription }: SubscriptionName, more: object = {}): Promise<T> {
    const asked = { broker: this.#broker, what, topic, name: subscription, ...more };
    return native.call<T>("operate", asked);
  }
}
