import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { backoff, OpenOnce, sharedDatabases } from "@twinloop/core-native/internal";
import { appMeta, StartError } from "@twinloop/core-native";
import { PubsubError } from "./error.ts";
import { native } from "./native.ts";
import { plan, type PlannedTopic } from "./plan.ts";
import { findProvider } from "./provider.ts";
import { givenExpiry } from "./settings.ts";
import { topics, type DeclaredSubscription, type DeclaredTopic } from "./registry.ts";

/** The open broker of this isolate. */
export interface OpenBroker {
  /** The broker's number in every operation. */
  readonly number: number;
  /** The provider's name: `memory`, `embedded`, `postgres`, `rabbitmq` or `nats`. */
  readonly provider: string;
  /** The broker's address, without user and password. */
  readonly place: string;
  readonly topics: ReadonlyMap<DeclaredTopic, PlannedTopic>;
  /** The subscriptions; the index is the subscription's number in operations and deliveries. */
  readonly subscriptions: readonly DeclaredSubscription[];
}

const CONNECT_TIMEOUT_MS = 10_000;
const PAUSES = { minMs: 200, maxMs: 2_000 };

const once = new OpenOnce(open, ({ number }) => native.call("close", [number]));

/** The open broker; `undefined` before the first use and after `disconnect`. */
export function openBroker(): OpenBroker | undefined {
  return once.opened;
}

/**
 * Opens the broker of this app at the first call, with all topics that are declared by then; later calls return the same.
 *
 * Units:  a broker that cannot be reached is tried again for `PUBSUB_CONNECT_TIMEOUT` ms, default 10 000.
 * Errors: `StartError` for what is declared or configured wrongly, `PubsubError` for a broker that cannot be reached.
 */
export function connect(): Promise<OpenBroker> {
  return once.get();
}

async function open(): Promise<OpenBroker> {
  const planned = plan(topics);
  const provider = findProvider();
  const missing = provider.kind === "missing" ? [provider.problem] : [];
  if (provider.kind === "missing" || planned.problems.length > 0) {
    throw new StartError([...planned.problems, ...missing]);
  }
  const databases = await Promise.all(
    sharedDatabases().map(async (database) => ({ name: database.name, url: await database.connect() })),
  );
  const url =
    provider.kind === "url"
      ? provider.url
      : databases.find(({ name }) => name === provider.database.name)!.url;
  const argument = {
    url,
    root: appMeta().root,
    process: `${hostname()}/${process.pid}`,
    subscriptionExpiryMs: givenExpiry().ms,
    types: planned.types,
    topics: planned.topics.map(topicArgument),
    databases,
  };
  const { broker, ...where } = await openPatiently(argument);
  return {
    ...where,
    number: broker,
    topics: new Map(planned.topics.map((topic) => [topic.declared, topic])),
    subscriptions: planned.subscriptions,
  };
}

function topicArgument({ declared, type }: PlannedTopic): object {
  const { name, settings, subscriptions } = declared;
  return {
    name,
    type,
    ordered: settings.orderingAttribute !== null,
    orderingAttribute: settings.orderingAttribute,
    priorities: settings.priorities,
    history: settings.history,
    maxMessageBytes: settings.maxMessageBytes,
    subscriptions: subscriptions.map((subscription) => ({
      name: subscription.name,
      ...subscription.settings,
    })),
  };
}

type Opened = { readonly broker: number; readonly provider: string; readonly place: string };

async function openPatiently(argument: object): Promise<Opened> {
  const limit = Number(process.env["PUBSUB_CONNECT_TIMEOUT"] ?? CONNECT_TIMEOUT_MS);
  const deadline = Date.now() + (Number.isFinite(limit) ? limit : CONNECT_TIMEOUT_MS);
  for (let failures = 1; ; failures++) {
    try {
      return await native.call<Opened>("open", argument);
    } catch (error) {
      const mayCome = error instanceof PubsubError && error.code === "unavailable";
      const pause = backoff(PAUSES, failures);
      if (!mayCome || Date.now() + pause > deadline) throw error;
      await sleep(pause);
    }
  }
}

/** Closes the broker for this isolate; the next use opens it again. */
export function disconnect(): Promise<void> {
  return once.close();
}
