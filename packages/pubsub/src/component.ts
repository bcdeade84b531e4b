import {
  Kind,
  port,
  problem,
  register,
  sharedDatabases,
  SystemCode,
  type Component,
  type Running,
} from "@twinloop/core-native/internal";
import { StartError, type Problem } from "@twinloop/core-native";
import { connect, disconnect, openBroker, type OpenBroker } from "./broker.ts";
import { Deliveries } from "./delivery.ts";
import { PubsubError } from "./error.ts";
import { call, Operation } from "./native.ts";
import { plan } from "./plan.ts";
import { findProvider } from "./provider.ts";
import { topics } from "./registry.ts";

const component: Component = {
  name: "pubsub",
  stage: 30,

  check(): readonly Problem[] {
    const provider = findProvider();
    return [
      ...plan(topics).problems,
      ...(provider.kind === "missing" ? [provider.problem] : []),
      ...withoutDatabase(),
    ];
  },

  async start(): Promise<readonly Running[]> {
    const broker = await connectOrExplain();
    if (broker.subscriptions.length > 0) {
      port().on(Kind.Message, new Deliveries(broker).handle);
      await call(Operation.subscribe, `[${broker.number}]`);
    }
    const subscribed = broker.subscriptions.map(({ topic, name, settings }) => ({
      what: `subscription ${topic.name}/${name}`,
      where: `at most ${settings.maxConcurrency} at once`,
    }));
    return [{ what: "pubsub", where: broker.place }, ...subscribed];
  },

  async stop(graceMs: number): Promise<void> {
    const broker = openBroker();
    if (broker && broker.subscriptions.length > 0) {
      await call(Operation.drain, `[${broker.number},${Math.round(graceMs)}]`);
    }
    await disconnect();
  },
};

/** Effects that happen once are rows of a database. */
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

async function connectOrExplain(): Promise<OpenBroker> {
  try {
    return await connect();
  } catch (error) {
    if (!(error instanceof PubsubError)) throw error;
    const mend = "Start the broker, or correct PUBSUB_URL.";
    throw new StartError([problem(SystemCode.StartFailed, error.message, mend)], error);
  }
}

/** Makes topics and subscriptions part of the app's start and stop. */
export function registerComponent(): void {
  register(component);
}
