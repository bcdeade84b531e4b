import { expect, test } from "vitest";
import { z } from "zod";
import { Subscription, Topic, type MessageContext } from "../../dist/index.js";
import { overProviders, ownName, until } from "./providers.ts";

const Click = z.object({ slug: z.string().min(1), at: z.date().optional(), n: z.number() });
type Click = z.infer<typeof Click>;

interface Seen {
  readonly message: Click;
  readonly id: string;
  readonly attempt: number;
  readonly publishedAt: Date;
  readonly trace: string;
}

function declare() {
  const topic = new Topic<Click>(ownName("clicks"), { schema: Click, maxMessageBytes: 4096 });
  const seen: Record<"one" | "two", Seen[]> = { one: [], two: [] };
  const note = (list: Seen[]) => (message: Click, context: MessageContext) => {
    const { messageId, attempt, publishedAt, trace } = context;
    list.push({ message, id: messageId, attempt, publishedAt, trace: trace.traceId });
  };
  const one = new Subscription(topic, "one", { handler: note(seen.one) });
  const two = new Subscription(topic, "two", { handler: note(seen.two) });
  const unheard = new Topic<Click>(ownName("unheard"), { schema: Click });
  return { topic, seen, one, two, unheard };
}

overProviders(declare, ({ topic, seen, one, unheard }) => {
  test("each subscription gets every message, with its id, attempt and time", async () => {
    const before = Date.now() - 1_000;
    const id = await topic.publish({ slug: "hëllo ☃", n: 1.5 });
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    for (const list of [seen.one, seen.two]) {
      const found = await until(() => list.find((each) => each.id === id) ?? false);
      expect(found).toMatchObject({ message: { slug: "hëllo ☃", n: 1.5 }, attempt: 1 });
      expect(found.publishedAt.getTime()).toBeGreaterThan(before);
      expect(found.trace).toMatch(/^[0-9a-f]{32}$/);
    }
  });

  test("a batch is published in its order, and what is published in one turn arrives once each", async () => {
    const ids = await topic.publishBatch([1, 2, 3].map((n) => ({ slug: "batch", n })));
    const single = await Promise.all(
      Array.from({ length: 200 }, (_, n) => topic.publish({ slug: "many", n })),
    );
    const all = [...ids, ...single];
    expect(new Set(all).size).toBe(203);
    await until(() => all.every((id) => seen.one.some((each) => each.id === id)));
    await until(() => all.every((id) => seen.two.some((each) => each.id === id)));
    expect(seen.one.filter(({ id }) => all.includes(id)).length).toBe(203);
    const batch = seen.one.filter(({ message }) => message.slug === "batch");
    expect(batch.map(({ message }) => message.n)).toEqual([1, 2, 3]);
    expect(await topic.publishBatch([])).toEqual([]);
  });

  test("a date arrives as a date", async () => {
    const at = new Date("2026-02-03T04:05:06.789Z");
    const id = await topic.publish({ slug: "dated", n: 1, at });
    const found = await until(() => seen.one.find((each) => each.id === id) ?? false);
    expect(found.message.at).toEqual(at);
  });

  test("a message that does not fit, or is too large, is refused and not sent", async () => {
    const count = seen.one.length;
    const bad = [{ slug: "", n: 1 }, { slug: "x" }, { slug: "x", n: Number.NaN }, null];
    for (const message of bad) {
      const publishing = topic.publish(message as never);
      await expect(publishing).rejects.toMatchObject({ code: "invalid_argument" });
    }
    await expect(topic.publish({ slug: "x".repeat(5_000), n: 1 })).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(/has 50\d\d bytes, and at most 4096/),
    });
    const batch = topic.publishBatch([
      { slug: "fits", n: 1 },
      { slug: "", n: 2 },
    ]);
    await expect(batch).rejects.toMatchObject({ code: "invalid_argument" });
    const id = await topic.publish({ slug: "last", n: 0 });
    await until(() => seen.one.some((each) => each.id === id));
    expect(seen.one.length).toBe(count + 1);
  });

  test("the stack of a refused publish names the functions that led to it", async () => {
    async function publishesTooMuch(): Promise<void> {
      await topic.publish({ slug: "x".repeat(5_000), n: 1 });
    }
    async function callsIt(): Promise<void> {
      await publishesTooMuch();
    }
    const refused = await callsIt().catch((error: unknown) => error);
    expect((refused as Error).stack).toMatch(
      /publishesTooMuch.*delivery\.test\.ts[^]*callsIt.*delivery\.test\.ts/,
    );
  });

  test("a topic without subscriptions takes messages", async () => {
    await expect(unheard.publish({ slug: "nobody", n: 1 })).resolves.toMatch(/^[0-9a-f-]{36}$/);
  });

  test("a ref publishes and does nothing else", async () => {
    const id = await topic.ref().publish({ slug: "by ref", n: 1 });
    await until(() => seen.one.some((each) => each.id === id));
  });

  test("what was handled is counted, and nothing waits", async () => {
    await until(async () => (await one.depth()).inFlight === 0);
    const stats = await one.stats();
    expect(stats).toMatchObject({ acknowledged: stats.delivered, retried: 0, buried: 0, paused: false });
    expect(await one.depth()).toEqual({ ready: 0, delayed: 0, inFlight: 0, dead: 0, oldestMs: 0 });
  });
});
