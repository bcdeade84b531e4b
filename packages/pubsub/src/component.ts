import {
  connectOrExplain,
  problem,
  register,
  sharedDatabases,
  SystemCode,
  type Component,
  type Declarations,
  type Running,
} from "@twinloop/core-native/internal";
import type { Problem, StartOptions } from "@twinloop/core-native";
import { connect, disconnect, openBroker } from "./broker.ts";
import { PubsubError } from "./error.ts";
import { plan } from "./plan.ts";
import { findProvider } from "./provider.ts";
import { topics } from "./registry.ts";
import { givenExpiry } from "./settings.ts";
import { drain, serve } from "./serving.ts";
import { testControl } from "./test-control.ts";

const component: Component = {
  name: "pubsub",
  role: "works",
  testing: testControl,

  /** Finds wrong options, topics without a type and a missing provider. Connects to nothing. */
  check(): readonly Problem[] {
    const provider = findProvider();
    return [
      ...plan(topics).problems,
      ...(provider.kind === "missing" ? [provider.problem] : []),
      ...withoutDatabase(),
      ...givenExpiry().problems,
    ];
  },

  /** Connects to the broker, declares the subscriptions and begins to take messages. */
  async start({ middlewares }: StartOptions): Promise<readonly Running[]> {
    const broker = await connectOrExplain(connect, PubsubError, explain);
    await serve(broker, middlewares);
    const subscribed = broker.subscriptions.map(({ topic, name, settings }) => ({
      what: `subscription ${topic.name}/${name}`,
      where: `at most ${settings.maxConcurrency} at once`,
    }));
    return [{ what: "pubsub", where: broker.place }, ...subscribed];
  },

  /** Names the declarations of this isolate, which the start compares with the manifest. */
  declared(): readonly Declarations[] {
    const subscriptions = topics.flatMap(({ name, subscriptions: own }) =>
      own.map((one) => `${name}/${one.name}`),
    );
    return [
      { package: "@twinloop/pubsub", what: "Topic", names: topics.map(({ name }) => name) },
      {
        ...{ package: "@twinloop/pubsub", what: "Subscription", names: subscriptions },
        ...(subscriptions.length > 0 ? { runs: "subscriptions" } : {}),
      },
    ];
  },

  /** Takes no more messages, waits for running handlers, gives back what no handler has begun, and disconnects. */
  async stop(graceMs: number): Promise<void> {
    const broker = openBroker();
    if (broker) await drain(broker, graceMs);
    await disconnect();
  },
};

/** Reports topics that are delivered exactly once in an app without a database. */
function withoutDatabase(): readonly Problem[] {
  if (sharedDatabases().length > 0) return [];
  return topics
    .filter(({ settings, subscriptions }) => settings.exactlyOnce && subscriptions.length > 0)
    .map(({ name }) =>
      problem(
        SystemCode.ConfigInvalid,
        `The topic "${name}" is delivered exactly once, which needs a database, and the app declares none.`,
        'Declare one with new SQLDatabase(…), or use deliveryGuarantee: "at-least-once".',
      ),
    );
}

/** The problem of a broker that cannot be reached or refuses the declarations. */
function explain(error: PubsubError): Problem {
  return problem(SystemCode.StartFailed, error.message, "Start the broker, or correct PUBSUB_URL.");
}

/** Makes topics and subscriptions part of the app's start and stop. */
export function registerComponent(): void {
  register(component);
}
