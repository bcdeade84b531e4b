import { afterEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { start, stop, Subscription, Topic } from "../dist/index.js";

const Message = z.object({ n: z.number() });
const handler = (): void => undefined;
const quiet = { banner: false, signals: false };

afterEach(async () => {
  await stop();
  vi.unstubAllEnvs();
});

function declareBadly(): unknown[] {
  const topic = new Topic("twice", { schema: Message });
  const again = new Topic("twice", { schema: Message });
  const once = new Topic("only once", { schema: Message, deliveryGuarantee: "exactly-once" });
  return [
    once,
    topic,
    again,
    new Subscription(topic, "same", { handler }),
    new Subscription(topic, "same", { handler }),
    new Subscription(again, "handless", { handler: undefined as never }),
    new Subscription(again, "both", { handler, batchHandler: handler }),
    new Subscription(again, "batchless", { handler, maxBatchSize: 10 }),
    new Subscription(again, "large", { batchHandler: handler, maxBatchSize: 20, maxConcurrency: 10 }),
    new Subscription(once, "kept once", { handler, keepResults: "1h" }),
    new Subscription(again, "kept batch", { batchHandler: handler, keepResults: 10 }),
    new Subscription(once, "in batches", { batchHandler: handler, maxBatchWait: "2m" }),
    new Topic<{ n: number }>("unknown type"),
    new Topic("once", { schema: Message, deliveryGuarantee: "exactly-once", maxMessageBytes: -1 }),
  ];
}

// The declarations of this file stay: this is the one test that starts with all of them.
test("start() names everything that is wrong with the declarations, in one error", async () => {
  vi.stubEnv("PUBSUB_URL", "kafka://user:hunter2@host");
  expect(declareBadly().length).toBe(14);
  const error: Error = await start(quiet).then(
    () => expect.unreachable(),
    (thrown: Error) => thrown,
  );
  for (const what of [
    'the topic "twice" is declared twice',
    'of the topic "twice", the subscription "same" is declared twice',
    'The subscription "twice/handless": it has no handler',
    'The subscription "twice/both": it has both handler and batchHandler',
    'The subscription "twice/batchless": it has maxBatchSize and no batchHandler',
    'The subscription "twice/large": maxBatchSize is 20, more than maxConcurrency, which is 10',
    'The subscription "only once/in batches": it has a batchHandler, and its topic is delivered exactly once',
    'The subscription "only once/in batches": maxBatchWait is "2m"',
    'The subscription "only once/kept once": it has keepResults, and its topic is delivered exactly once',
    'The subscription "twice/kept batch": it has keepResults and a batchHandler',
    'The subscription "twice/kept batch": keepResults is 10',
    'The topic "once": maxMessageBytes is -1',
    "PUBSUB_URL names no provider that there is (kafka:)",
  ]) {
    expect(error.message).toContain(what);
  }
  expect(error.message).toMatch(/unknown type|no manifest/);
  expect(error.message).not.toContain("hunter2");
});
