import { hearAborts } from "@twinloop/core-native/internal";
import type { Middleware } from "@twinloop/core-native";
import type { OpenBroker } from "./broker.ts";
import { Deliveries } from "./delivery.ts";
import { native } from "./native.ts";

let served: number | undefined;

/** Starts the handling of messages in this isolate, with the app's middlewares around the handlers. Idempotent. */
export async function serve(broker: OpenBroker, middlewares: readonly Middleware[] = []): Promise<void> {
  if (served === broker.number) return;
  served = broker.number;
  hearAborts();
  // Called without subscriptions too, because Rust then warns of subscriptions that the app had before.
  if (broker.subscriptions.length > 0) native.onJob(new Deliveries(broker, middlewares).handle);
  await native.call("subscribe", [broker.number]);
}

/** Stops the handling of messages: takes no more, and waits at most `graceMs` for running handlers. */
export async function drain(broker: OpenBroker, graceMs: number): Promise<void> {
  if (served !== broker.number) return;
  served = undefined;
  await native.call("drain", [broker.number, Math.round(graceMs)]);
}
