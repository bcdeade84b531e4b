import type { KnownSubscription, SubscriptionName } from "./known-subscription.ts";
import type { Depth } from "./subscription.ts";

/** A subscription with its numbers of messages and its state. */
export interface Standing extends SubscriptionName, Depth {
  /** Whether the app declares the subscription. */
  readonly isInApp: boolean;
  /** Whether an operator has paused the subscription in all processes. */
  readonly isPaused: boolean;
  /** Whether the subscription has expired and gets no copies of new messages. */
  readonly isExpired: boolean;
  /** Whether a process has noted lately that it serves the subscription. */
  readonly isServed: boolean;
  /** Milliseconds since a process last served the subscription; `null` where no process has declared it yet. */
  readonly servedMsAgo: number | null;
}

/** A broker that is asked for counts. */
interface CountedBroker {
  /** The broker's address. */
  readonly place: string;
  /** Counts a subscription's messages by state. */
  depth(of: SubscriptionName): Promise<Depth>;
}

/** The counts of a subscription that the broker does not have yet. */
const NOTHING: Depth = { ready: 0, delayed: 0, inFlight: 0, dead: 0, oldestMs: 0 };

/** Lists the subscriptions of the app, then the others of the broker, each with its counts and its state. */
export async function standings(
  broker: CountedBroker,
  declared: readonly SubscriptionName[],
  known: readonly KnownSubscription[],
): Promise<Standing[]> {
  const others = known.filter((each) => !has(declared, each) && !declared.some((own) => isNamed(each, own)));
  const found: Standing[] = [];
  for (const each of [...declared, ...others]) found.push(await standingOf(broker, each, declared, known));
  return found;
}

/**
 * The counts of one subscription, and what the broker knows of it: paused, served, and for how long not. A
 * subscription that was renamed is found by its former name too.
 */
export async function standingOf(
  broker: CountedBroker,
  { topic, subscription }: SubscriptionName,
  declared: readonly SubscriptionName[],
  known: readonly KnownSubscription[],
): Promise<Standing> {
  const name = { topic, subscription };
  const found = known.find((each) => isNamed(each, name));
  // A subscription that no process has declared yet is in the app alone; RabbitMQ may have it without listing it.
  const isAskable = found !== undefined || broker.place.startsWith("amqp");
  const depth = isAskable ? await broker.depth(name).catch(nothingWhereMissing) : NOTHING;
  return {
    ...name,
    ...depth,
    isInApp: has(declared, name),
    isPaused: found?.isPaused ?? false,
    isExpired: found?.isExpired ?? false,
    isServed: found?.isServed ?? false,
    servedMsAgo: found?.servedMsAgo ?? null,
  };
}

function has(declared: readonly SubscriptionName[], { topic, subscription }: SubscriptionName): boolean {
  return declared.some((own) => own.topic === topic && own.subscription === subscription);
}

/** Whether a subscription of the broker has this name, or had it. */
function isNamed(known: KnownSubscription, { topic, subscription }: SubscriptionName): boolean {
  const { topic: own, subscription: present, formerly } = known;
  return own === topic && (present === subscription || formerly.includes(subscription));
}

function nothingWhereMissing(error: unknown): Depth {
  if ((error as { code?: unknown }).code === "not_found") return NOTHING;
  throw error;
}
