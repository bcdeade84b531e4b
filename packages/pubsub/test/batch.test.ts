import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { currentRequest, middleware } from "@twinloop/core-native";
import { start, stop, Subscription, Topic, type BatchContext } from "../dist/index.js";
import { memory } from "../dist/testing.js";

const Even = z.object({ n: z.number().refine((n) => n % 2 === 0, "it is odd"), at: z.date() });
type Even = z.infer<typeof Even>;

const topic = new Topic<Even>("even", { schema: Even });
const seen: { numbers: number[]; dates: boolean[]; ids: string[] }[] = [];
const refusals: string[] = [];
const subscription = new Subscription(topic, "take", {
  batchHandler: (messages: readonly Even[], context: BatchContext<Even>) => {
    const { entries } = context;
    seen.push({
      numbers: messages.map(({ n }) => n),
      dates: messages.map(({ at }) => at instanceof Date),
      ids: entries.map(({ messageId }) => messageId),
    });
    for (const wrong of [-1, 99, 0.5, { n: 2, at: new Date(0) }]) {
      try {
        context.fail(wrong, new Error("no"));
      } catch (error) {
        refusals.push((error as Error).message);
      }
    }
  },
});
const names: string[] = [];
const isRunning: boolean[] = [];
const noting = middleware({ target: { type: "pubsub-message" } }, async (request, next) => {
  names.push(request.requestMeta.type);
  isRunning.push(currentRequest() === request.requestMeta);
  return next(request);
});

beforeAll(async () => {
  vi.stubEnv("PUBSUB_URL", "memory:");
  await start({ banner: false, signals: false, middlewares: [noting] });
});
afterAll(async () => {
  await stop();
  vi.unstubAllEnvs();
});

test("dates arrive as dates, middleware runs once for a batch, and a wrong index is refused", async () => {
  const at = new Date(0);
  const ids = await topic.publishBatch([
    { n: 2, at },
    { n: 4, at },
    { n: 6, at },
  ]);
  await memory.drain();
  expect(seen).toEqual([{ numbers: [2, 4, 6], dates: [true, true, true], ids }]);
  expect([names, isRunning]).toEqual([["pubsub-batch"], [true]]);
  expect(refusals).toHaveLength(4);
  for (const message of refusals)
    expect(message).toMatch(/the batch has no message .*give the index, from 0 to 2/);
  expect(await subscription.deadLetters()).toEqual([]);
});
