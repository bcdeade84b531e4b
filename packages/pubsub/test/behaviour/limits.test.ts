import { expect, test } from "vitest";
import { z } from "zod";
import { Subscription, Topic } from "../../dist/index.js";
import { overProviders, ownName, providers, until } from "./providers.ts";

const Job = z.object({ n: z.number() });
const PER_MS = 1_000;
const RATE = 5;

function declare() {
  const narrow = new Topic<{ n: number }>(ownName("narrow"), { schema: Job });
  const slow = new Topic<{ n: number }>(ownName("slow"), { schema: Job });
  const done: number[] = [];
  const begun: number[] = [];
  let running = 0;
  let most = 0;
  const subscriptions = [
    new Subscription(narrow, "work", {
      maxConcurrency: 50,
      maxInFlight: 3,
      handler: async ({ n }) => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 20));
        running--;
        done.push(n);
      },
    }),
    new Subscription(slow, "work", {
      rateLimit: { messages: RATE, per: PER_MS },
      handler: () => void begun.push(performance.now()),
    }),
  ];
  return { narrow, slow, done, begun, most: () => most, subscriptions };
}

const capable = providers.filter(({ hasLimits }) => hasLimits);

overProviders(
  declare,
  ({ narrow, slow, done, begun, most }) => {
    test("no more than maxInFlight messages are with handlers, and as many are", async () => {
      await narrow.publishBatch(Array.from({ length: 30 }, (_, n) => ({ n })));
      await until(() => done.length === 30);
      expect(most()).toBe(3);
    });

    test("no more deliveries begin than rateLimit allows, and all of them do", async () => {
      const published = performance.now();
      await slow.publishBatch(Array.from({ length: 4 * RATE }, (_, n) => ({ n })));
      await until(() => begun.length === 4 * RATE);
      // The first RATE begin at once, the others as their tokens come.
      expect(begun.at(-1)! - published).toBeGreaterThan(3 * PER_MS - 100);
    });
  },
  capable,
);
