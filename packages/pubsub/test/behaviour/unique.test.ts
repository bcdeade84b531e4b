import { expect, test } from "vitest";
import { z } from "zod";
import { openAdmin } from "../../dist/admin.js";
import { Subscription, Topic, Unrecoverable } from "../../dist/index.js";
import { overProviders, ownName, until } from "./providers.ts";

const Job = z.object({ n: z.number() });

function declare() {
  const topic = new Topic<{ n: number }>(ownName("unique"), { schema: Job });
  const begun: number[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const subscription = new Subscription(topic, "work", {
    handler: ({ n }) => {
      begun.push(n);
      return new Promise<void>((resolve, reject) =>
        ends.push((error) => (error ? reject(error) : resolve())),
      );
    },
  });
  return { topic, begun, ends, subscription };
}

overProviders(declare, ({ topic, begun, ends, subscription }, provider) => {
  test("a provider without unique keys says what to do instead", async (context) => {
    if (provider.keepsUniqueKeys) return context.skip("it keeps unique keys");
    const published = topic.publish({ n: 0 }, { uniqueKey: "key" });
    await expect(published).rejects.toMatchObject({
      code: "failed_precondition",
      message: expect.stringContaining("keeps no unique keys: set PUBSUB_URL to postgres:"),
    });
  });

  test("there is one message of a unique key until it is done", async (context) => {
    if (!provider.keepsUniqueKeys) return context.skip("it keeps no unique keys");
    const uniqueKey = ownName("key");
    const first = await topic.publish({ n: 1 }, { uniqueKey, delay: 200 });
    expect(await topic.publish({ n: 2 }, { uniqueKey })).toBe(first);
    await until(() => ends.length === 1);
    expect(await topic.publish({ n: 3 }, { uniqueKey })).toBe(first);
    const admin = await openAdmin();
    const [shown] = await admin.peek({ topic: topic.name, subscription: subscription.name });
    await admin.close();
    expect(shown).toMatchObject({ id: first, uniqueKey, state: "in_flight" });
    ends[0]!();
    const second = await until(async () => {
      const id = await topic.publish({ n: 4 }, { uniqueKey });
      return id !== first && id;
    });
    await until(() => ends.length === 2);
    expect(await topic.publish({ n: 5 }, { uniqueKey })).toBe(second);
    ends[1]!(new Unrecoverable("for good"));
    await until(async () => (await subscription.depth()).dead === 1);
    expect(await topic.publish({ n: 6 }, { uniqueKey, delay: "1h" })).not.toBe(second);
    expect(begun).toEqual([1, 4]);
  });

  test("a unique key beside a dedupe key is refused", async () => {
    const published = topic.publish({ n: 7 }, { uniqueKey: "a", dedupeKey: "a" });
    await expect(published).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining("exclude each other"),
    });
  });
});
