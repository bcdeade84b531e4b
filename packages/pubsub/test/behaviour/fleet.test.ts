import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { openAdmin, type Admin } from "../../dist/admin.js";
import { Subscription, Topic } from "../../dist/index.js";
import { aWhile, overProviders, ownName, until } from "./providers.ts";

const Click = z.object({ n: z.number() });

function declare() {
  const topic = new Topic<z.infer<typeof Click>>(ownName("fleet"), { schema: Click });
  const seen: number[] = [];
  let hold = Promise.resolve();
  let letGo = (): void => undefined;
  const subscription = new Subscription(topic, "count", {
    handler: async ({ n }) => {
      seen.push(n);
      await hold;
    },
  });
  const holdAll = (): void => void (hold = new Promise((resolve) => (letGo = resolve)));
  return { topic, subscription, seen, holdAll, letGo: () => letGo() };
}

overProviders(declare, ({ topic, subscription, seen, holdAll, letGo }, { name }) => {
  const of = { topic: topic.name, subscription: "count" };
  let admin: Admin | undefined;

  afterEach(async () => {
    await admin?.close();
    admin = undefined;
  });

  test("what an operator pauses takes no more messages, until it is resumed", async () => {
    admin = await openAdmin();
    await topic.publish({ n: 1 });
    await until(() => seen.includes(1));
    await admin.pause(of);
    await until(async () => (await subscription.stats()).paused);
    await topic.publish({ n: 2 });
    await aWhile();
    expect(seen).not.toContain(2);
    const [known] = (await admin.subscriptions()).filter((each) => each.topic === topic.name);
    expect(known).toMatchObject({ subscription: "count", isPaused: true, isServed: true, isExpired: false });
    await admin.resume(of);
    await until(() => seen.includes(2));
  });

  test("a message that a handler has is shown with its attempt and where it is, and a delayed one is made due", async () => {
    admin = await openAdmin();
    holdAll();
    const id = await topic.publish({ n: 3 });
    await until(() => seen.includes(3));
    const late = await topic.publish({ n: 4 }, { delay: "1h" });
    const pending = await until(async () => {
      const found = await admin!.peek(of);
      return found.some((each) => each.id === late && each.state === "delayed") && found;
    });
    // RabbitMQ shows nobody what a process has.
    if (name !== "rabbitmq") {
      const held = pending.find((each) => each.id === id);
      expect(held).toMatchObject({ state: "in_flight", attempts: 1, body: { n: 3 } });
      if (name === "postgres") expect(held!.holder).toMatch(new RegExp(`/${process.pid}$`));
    }
    const delayed = pending.find((each) => each.id === late)!;
    expect(delayed.dueAt!.getTime()).toBeGreaterThan(Date.now());
    expect(delayed.expiresAt).toEqual(new Date(delayed.publishedAt.getTime() + 7 * 86_400_000));
    expect(delayed).toMatchObject({ priority: 0, uniqueKey: null, key: null });
    letGo();
    expect(await admin.promote(of, [late])).toBe(1);
    await until(() => seen.includes(4));
    await expect(admin.promote(of, [late])).rejects.toMatchObject({
      code: "not_found",
      details: { missing: [late] },
    });
  });

  test("closing the tool leaves the app's broker open", async () => {
    const tool = await openAdmin();
    expect(await tool.depth(of)).toMatchObject({ dead: 0 });
    await expect(tool.depth({ topic: topic.name, subscription: "nobody" })).rejects.toMatchObject({
      code: "not_found",
    });
    await tool.close();
    await topic.publish({ n: 5 });
    await until(() => seen.includes(5));
  });
});
