import { setTimeout as sleep } from "node:timers/promises";
import { sharedDatabases } from "@twinloop/core-native/internal";
import { appMeta, StartError } from "@twinloop/core-native";
import { PubsubError } from "./error.ts";
import { call, Operation } from "./native.ts";
import { plan, type PlannedTopic } from "./plan.ts";
import { findProvider } from "./provider.ts";
import { topics, type DeclaredSubscription, type DeclaredTopic } from "./registry.ts";

/** An open broker. */
export interface OpenBroker {
  /** Its number in every operation. */
  readonly number: number;
  /** `memory`, `embedded`, `postgres` or `rabbitmq`. */
  readonly provider: string;
  /** Where it is, without user and password. */
  readonly place: string;
  readonly topics: ReadonlyMap<DeclaredTopic, PlannedTopic>;
  /** By their number in every operation and delivery. */
  readonly subscriptions: readonly DeclaredSubscription[];
}

const CONNECT_TIMEOUT_MS = 10_000;
const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 2_000;

let opened: OpenBroker | undefined;
let opening: Promise<OpenBroker> | undefined;

/** The broker, if it is open. */
export function openBroker(): OpenBroker | undefined {
  return opened;
}

/**
 * The broker of this app, opened at the first call with all topics that are declared by then.
 *
 * Units:  a broker that cannot be reached is tried again for `PUBSUB_CONNECT_TIMEOUT` ms, default 10 000.
 * Errors: `StartError` for what is declared or configured wrongly, `PubsubError` for a broker that cannot be reached.
 */
export function connect(): Promise<OpenBroker> {
  opening ??= open().catch((error: unknown) => {
    opening = undefined;
    throw error;
  });
  return opening;
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
  const argument = JSON.stringify({
    url,
    root: appMeta().root,
    types: planned.types,
    topics: planned.topics.map(topicArgument),
    databases,
  });
  const { broker, ...where } = await openPatiently(argument);
  opened = {
    ...where,
    number: broker,
    topics: new Map(planned.topics.map((topic) => [topic.declared, topic])),
    subscriptions: planned.subscriptions,
  };
  return opened;
}

function topicArgument({ declared, type }: PlannedTopic): object {
  const { name, settings, subscriptions } = declared;
  return {
    name,
    type,
    ordered: settings.orderingAttribute !== null,
    orderingAttribute: settings.orderingAttribute,
    maxMessageBytes: settings.maxMessageBytes,
    subscriptions: subscriptions.map((subscription) => ({
      name: subscription.name,
      ...subscription.settings,
    })),
  };
}

type Opened = { readonly broker: number; readonly provider: string; readonly place: string };

async function openPatiently(argument: string): Promise<Opened> {
  const limit = Number(process.env["PUBSUB_CONNECT_TIMEOUT"] ?? CONNECT_TIMEOUT_MS);
  const deadline = Date.now() + (Number.isFinite(limit) ? limit : CONNECT_TIMEOUT_MS);
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LAST_PAUSE_MS)) {
    try {
      return await call<Opened>(Operation.open, argument);
    } catch (error) {
      const mayCome = error instanceof PubsubError && error.code === "unavailable";
      if (!mayCome || Date.now() + pause > deadline) throw error;
      await sleep(pause);
    }
  }
}

/** Closes the broker for this isolate; the next use opens it again. */
export async function disconnect(): Promise<void> {
  const closing = opening;
  opening = opened = undefined;
  const broker = await closing?.catch(() => undefined);
  if (broker) await call(Operation.close, `[${broker.number}]`);
}
