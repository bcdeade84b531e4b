import { expect, test } from "vitest";
import { z } from "zod";
import { Subscription, Topic } from "../../dist/index.js";
import { aWhile, overProviders, ownName, until } from "./providers.ts";

const Note = z.object({ n: z.number() });

function declare() {
  const topic = new Topic<{ n: number }>(ownName("recalled"), { schema: Note });
  const other = new Topic<{ n: number }>(ownName("other"), { schema: Note });
  const seen: number[] = [];
  const held: (() => void)[] = [];
  const subscription = new Subscription(topic, "read", {
    handler: async ({ n }) => {
      seen.push(n);
      if (n === 0) await new Promise<void>((resolve) => held.push(resolve));
    },
  });
  const elsewhere = new Subscription(other, "read", { handler: () => undefined });
  return { topic, other, seen, held, subscription, elsewhere };
}

overProviders(declare, ({ topic, other, seen, held, subscription }, provider) => {
  test("a provider without ids says what to do instead", async (context) => {
    if (provider.findsByIds) return context.skip("it finds messages by their ids");
    const id = await topic.publish({ n: 1 }, { delay: "1h" });
    for (const recalled of [topic.cancel(id), topic.reschedule(id, { delay: 0 })]) {
      await expect(recalled).rejects.toMatchObject({
        code: "failed_precondition",
        message: expect.stringContaining("cannot find a message by its id: set PUBSUB_URL to postgres:"),
      });
    }
  });

  test("a delayed message is cancelled, once", async (context) => {
    if (!provider.findsByIds) return context.skip("it finds no message by its id");
    const id = await topic.publish({ n: 2 }, { delay: "1h" });
    expect(await topic.cancel(id)).toEqual({ changed: "all", subscriptions: { read: "waiting" } });
    expect(await topic.cancel(id)).toEqual({ changed: "none", subscriptions: { read: "gone" } });
    expect((await subscription.depth()).delayed).toBe(0);
  });

  test("a delayed message gets another time", async (context) => {
    if (!provider.findsByIds) return context.skip("it finds no message by its id");
    const ids = [];
    for (const n of [3, 4]) ids.push(await topic.publish({ n }, { delay: "1h" }));
    expect(await topic.reschedule(ids[0]!, { runAt: new Date(0) })).toMatchObject({ changed: "all" });
    expect(await topic.reschedule(ids[1]!, { delay: 300 })).toMatchObject({ changed: "all" });
    await until(() => seen.includes(3) && seen.includes(4));
  });

  test("a message that is in flight or done is told, and no error", async (context) => {
    if (!provider.findsByIds) return context.skip("it finds no message by its id");
    const id = await topic.publish({ n: 0 });
    await until(() => held.length === 1);
    const inFlight = { changed: "none", subscriptions: { read: "in_flight" } };
    expect(await topic.cancel(id)).toEqual(inFlight);
    expect(await topic.reschedule(id, { delay: "1h" })).toEqual(inFlight);
    held[0]!();
    await until(async () => (await topic.cancel(id)).subscriptions["read"] === "gone");
  });

  test("an id of another topic changes nothing, and what is no id or no time is refused", async (context) => {
    if (!provider.findsByIds) return context.skip("it finds no message by its id");
    const id = await topic.publish({ n: 5 }, { delay: "1h" });
    expect(await other.cancel(id)).toEqual({ changed: "none", subscriptions: { read: "gone" } });
    await aWhile();
    expect((await subscription.depth()).delayed).toBe(1);
    const wrong = [
      topic.cancel(undefined as never),
      topic.cancel(""),
      topic.reschedule(id, {} as never),
      topic.reschedule(id, undefined as never),
      topic.reschedule(id, { delay: -1 }),
      topic.reschedule(id, { delay: "soon" as never }),
      topic.reschedule(id, { runAt: new Date(Number.NaN) }),
      topic.reschedule(id, { delay: 1, runAt: new Date() } as never),
    ];
    for (const recalled of wrong) {
      await expect(recalled).rejects.toMatchObject({ code: "invalid_argument" });
    }
    expect(await topic.cancel(id)).toMatchObject({ changed: "all" });
  });
});
