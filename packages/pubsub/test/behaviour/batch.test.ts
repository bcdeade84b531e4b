import { expect, test } from "vitest";
import { z } from "zod";
import {
  RetryAfter,
  Subscription,
  Topic,
  Unrecoverable,
  type BatchContext,
  type BatchEntry,
} from "../../dist/index.js";
import { aWhile, overProviders, ownName, until } from "./providers.ts";

const Reading = z.object({
  sensor: z.string(),
  n: z.number(),
  what: z.enum(["fine", "fail", "fail for ever", "give up", "later", "throw", "throw after"]),
});
type Reading = z.infer<typeof Reading>;

interface Seen {
  readonly readings: readonly Reading[];
  readonly entries: readonly BatchEntry<Reading>[];
  readonly type: string;
}

function declare() {
  const topic = new Topic<Reading>(ownName("readings"), { schema: Reading });
  const batches: Seen[] = [];
  const batchHandler = async (
    readings: readonly Reading[],
    context: BatchContext<Reading>,
  ): Promise<void> => {
    const { entries, type } = context;
    batches.push({ readings, entries, type });
    await Promise.resolve();
    for (const { message, attempt } of entries) {
      const { what } = message;
      if (what === "fail" && attempt === 1) context.fail(message, new Error("not yet"));
      if (what === "fail for ever") context.fail(readings.indexOf(message), new TypeError("never"));
      if (what === "give up") context.fail(message, new Unrecoverable("nothing helps"));
      if (what === "later" && attempt === 1) context.fail(message, new RetryAfter(700));
    }
    const first = entries.every(({ attempt }) => attempt === 1);
    if (first && readings.some(({ what }) => what === "throw" || what === "throw after")) {
      throw new Error("the whole batch failed");
    }
  };
  const subscription = new Subscription(topic, "store", {
    batchHandler,
    maxBatchSize: 10,
    maxBatchWait: 300,
    retryPolicy: { minBackoff: 10, maxBackoff: 40, maxRetries: 2 },
  });

  const ordered = new Topic<Reading>(ownName("in order"), { schema: Reading, orderingAttribute: "sensor" });
  const inOrder: Reading[][] = [];
  const orderedSubscription = new Subscription(ordered, "store", {
    batchHandler: (readings) => void inOrder.push([...readings]),
    maxBatchWait: 20,
  });
  return { topic, subscription, batches, ordered, inOrder, orderedSubscription };
}

overProviders(declare, ({ topic, subscription, batches, ordered, inOrder }) => {
  const reading = (sensor: string, n: number, what: Reading["what"] = "fine"): Reading => ({
    sensor,
    n,
    what,
  });
  const of = (sensor: string) =>
    batches.filter(({ readings }) => readings.some((one) => one.sensor === sensor));
  const attemptsOf = (sensor: string, n: number) =>
    of(sensor)
      .flatMap(({ entries }) => entries)
      .filter(({ message }) => message.sensor === sensor && message.n === n)
      .map(({ attempt }) => attempt);
  const letterOf = async (id: string) =>
    (await subscription.deadLetters()).find((letter) => letter.id === id) ?? false;

  test("messages come in batches of at most maxBatchSize, each with its id and attempt", async () => {
    const sent = Array.from({ length: 25 }, (_, n) => reading("a", n));
    const ids = await topic.publishBatch(sent);
    const seen = await until(() => of("a").flatMap(({ entries }) => entries).length === 25 && of("a"));
    for (const { readings, entries } of seen) {
      expect(readings.length).toBeLessThanOrEqual(10);
      expect(entries.length).toBe(readings.length);
    }
    // A broker hands out what it has at the moment, so the number of batches is its own.
    expect(seen.length).toBeLessThan(15);
    expect(seen.some(({ readings }) => readings.length > 1)).toBe(true);
    const entries = seen.flatMap((batch) => batch.entries);
    expect(entries.map(({ message }) => message.n).sort((one, other) => one - other)).toEqual(
      sent.map(({ n }) => n),
    );
    expect(new Set(entries.map(({ messageId }) => messageId))).toEqual(new Set(ids));
    for (const { message, messageId, attempt, publishedAt, key } of entries) {
      expect({ messageId, attempt, key }).toEqual({ messageId: ids[message.n], attempt: 1, key: null });
      expect(publishedAt).toBeInstanceOf(Date);
    }
    expect(seen[0]!.type).toBe("pubsub-batch");
    await until(async () => (await subscription.depth()).inFlight === 0);
  });

  test("a batch that is not full is delivered when its first message has waited", async () => {
    await topic.publish(reading("b", 0));
    const [only] = await until(() => of("b").length > 0 && of("b"));
    expect(only!.readings).toEqual([reading("b", 0)]);
  });

  test("a message that the handler fails is retried by its own attempts, and the others are done", async () => {
    const sent = [reading("c", 0), reading("c", 1, "fail"), reading("c", 2), reading("c", 3, "later")];
    await topic.publishBatch(sent);
    await until(() => attemptsOf("c", 1).length === 2 && attemptsOf("c", 3).length === 2);
    await aWhile();
    expect([0, 1, 2, 3].map((n) => attemptsOf("c", n))).toEqual([[1], [1, 2], [1], [1, 2]]);
  });

  test("a message that fails for ever, or cannot be helped, becomes a dead letter by itself", async () => {
    const sent = [reading("d", 0, "fail for ever"), reading("d", 1), reading("d", 2, "give up")];
    const [failing, , hopeless] = await topic.publishBatch(sent);
    expect(await until(() => letterOf(failing!))).toMatchObject({
      ...{ reason: "retries_exhausted", attempts: 3, error: "never" },
    });
    expect(await until(() => letterOf(hopeless!))).toMatchObject({ reason: "unrecoverable", attempts: 1 });
    expect(attemptsOf("d", 1)).toEqual([1]);
  });

  test("where the handler throws, all messages of the batch are tried again", async () => {
    const sent = [reading("e", 0, "throw"), reading("e", 1)];
    await topic.publishBatch(sent);
    await until(() => attemptsOf("e", 0).length === 2);
    const [first] = of("e");
    // The broker may have handed out the second message later.
    const together = first!.readings.length === 2;
    await until(() => attemptsOf("e", 1).length === (together ? 2 : 1));
  });

  test("a message that the handler had given up before it threw keeps its own fate", async () => {
    const id = await topic.publish(reading("f", 0, "throw after"));
    await until(() => attemptsOf("f", 0).length === 2);
    expect(await letterOf(id)).toBe(false);
    const { retried, buried } = await subscription.stats();
    expect(retried).toBeGreaterThan(0);
    expect(buried).toBe(2);
  });

  test("a batch of an ordered topic has one message of each key, and keys stay in order", async () => {
    const sent = Array.from({ length: 12 }, (_, n) => reading(`key ${n % 3}`, n));
    await ordered.publishBatch(sent);
    await until(() => inOrder.flat().length === 12);
    for (const batch of inOrder) {
      expect(new Set(batch.map(({ sensor }) => sensor)).size).toBe(batch.length);
    }
    for (const sensor of ["key 0", "key 1", "key 2"]) {
      const got = inOrder.flat().filter((each) => each.sensor === sensor);
      expect(got).toEqual(sent.filter((each) => each.sensor === sensor));
    }
  });
});
