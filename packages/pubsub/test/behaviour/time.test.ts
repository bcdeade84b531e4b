import { expect, test } from "vitest";
import { z } from "zod";
import { Subscription, Topic, type MessageContext } from "../../dist/index.js";
import { aWhile, overProviders, ownName, until } from "./providers.ts";

const Note = z.object({ n: z.number() });

function declare() {
  const topic = new Topic<{ n: number }>(ownName("notes"), { schema: Note });
  const seen: { n: number; at: number }[] = [];
  const subscription = new Subscription(topic, "read", {
    handler: ({ n }, _context: MessageContext) => void seen.push({ n, at: Date.now() }),
  });
  return { topic, seen, subscription };
}

overProviders(declare, ({ topic, seen, subscription }, provider) => {
  const at = (n: number) => seen.find((each) => each.n === n)?.at ?? false;

  test("a delayed message comes when it is due, and holds up no other", async () => {
    const began = Date.now();
    await topic.publish({ n: 1 }, { delay: "1s" });
    await topic.publish({ n: 2 }, { runAt: new Date(began + 600) });
    await topic.publish({ n: 3 });
    // A broker may count a moment late.
    await until(async () => (await subscription.depth()).delayed === 2, 500);
    await until(() => at(3));
    const [first, second] = [await until(() => at(1)), await until(() => at(2))];
    // Brokers keep time by their own clocks and in milliseconds.
    expect(first - began).toBeGreaterThan(950);
    expect(second - began).toBeGreaterThan(550);
    expect(second).toBeLessThan(first);
  });

  test("a time that has passed is at once", async () => {
    await topic.publish({ n: 4 }, { runAt: new Date(0) });
    await until(() => at(4));
  });

  test("a dedupe key is taken for its window, and gives the first message's id", async (context) => {
    if (!provider.keepsDedupeKeys) return context.skip("a database would keep them, and this app has none");
    const dedupeKey = ownName("key");
    const first = await topic.publish({ n: 10 }, { dedupeKey });
    expect(await topic.publish({ n: 11 }, { dedupeKey })).toBe(first);
    expect(await topic.publish({ n: 12 }, { dedupeKey: `${dedupeKey}-other` })).not.toBe(first);
    const short = await topic.publish({ n: 13 }, { dedupeKey: `${dedupeKey}-short`, dedupeWindow: 300 });
    await aWhile();
    const again = await topic.publish({ n: 14 }, { dedupeKey: `${dedupeKey}-short`, dedupeWindow: 300 });
    expect(again).not.toBe(short);
    await until(() => at(14));
    await aWhile();
    expect(seen.map(({ n }) => n).filter((n) => n >= 10)).toEqual([10, 12, 13, 14]);
  });

  test("bad times are refused before anything is sent", async () => {
    for (const options of [{ delay: "soon" as never }, { runAt: new Date(Number.NaN) }, { delay: -1 }]) {
      await expect(topic.publish({ n: 20 }, options)).rejects.toMatchObject({ code: "invalid_argument" });
    }
  });
});
