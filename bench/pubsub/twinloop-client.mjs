import { setTimeout as sleep } from "node:timers/promises";
import { start, stop } from "@twinloop/core-native";
// The app of the manifest has a service, and does not start without it.
import "../dist/layers/layers.service.js";
import { deliverTo, messages, received } from "../dist/messages.js";

const SETTLE_TICK_MS = 2;
/** How many priorities the messages have, by turns. */
const PRIORITIES = Number(process.env["BENCH_PRIORITIES"] ?? 1);

/** Publishing and consuming by Twinloop, on the provider of PUBSUB_URL. */
export async function openClient() {
  let started = false;
  const waiting = async () => {
    const { ready, delayed, inFlight } = await received.depth();
    return ready + delayed + inFlight;
  };
  await received.purge("waiting");
  return {
    publish: (/** @type {any} */ message) =>
      PRIORITIES > 1
        ? messages.publish(message, { priority: message.number % PRIORITIES })
        : messages.publish(message),
    publishBatch: (/** @type {any[]} */ batch) => messages.publishBatch(batch),
    async consume(/** @type {any} */ handler) {
      deliverTo(handler);
      if (started) await received.resume();
      else await start();
      started = true;
      return async () => {
        while ((await received.stats()).inFlight > 0) await sleep(SETTLE_TICK_MS);
        await received.pause();
      };
    },
    waiting,
    async close() {
      await received.purge("waiting");
      await stop();
    },
  };
}
