import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { z } from "zod";
import { Subscription, Topic, Unrecoverable, type MessageContext } from "../../dist/index.js";
import { aWhile, overProviders, ownName, until, type Provider } from "./providers.ts";

const Order = z.object({ what: z.enum(["fail", "give up", "hang", "mend", "fine"]), key: z.string() });
type Order = z.infer<typeof Order>;

const publisher = fileURLToPath(new URL("../fixtures/publisher.mjs", import.meta.url));

function declare(provider: Provider) {
  const topic = new Topic<Order>(ownName("orders"), { schema: Order });
  const attempts = new Map<string, number[]>();
  let isMended = false;
  const aborts: string[] = [];
  const handler = async ({ what, key }: Order, context: MessageContext): Promise<void> => {
    attempts.set(key, [...(attempts.get(key) ?? []), context.attempt]);
    if (what === "fail") throw new TypeError("it never works");
    if (what === "give up") throw new Unrecoverable("nothing helps");
    if (what === "mend" && !isMended) throw new Error("not yet");
    if (what === "hang") {
      await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
      aborts.push((context.signal.reason as { code: string }).code);
    }
  };
  const subscription = new Subscription(topic, "handle", {
    handler,
    timeout: 300,
    retryPolicy: { minBackoff: 10, maxBackoff: 40, maxRetries: 3 },
  });
  return { provider, topic, subscription, attempts, aborts, mend: () => (isMended = true) };
}

overProviders(declare, ({ provider, topic, subscription, attempts, aborts, mend }) => {
  const letterOf = async (id: string) => {
    const letters = await subscription.deadLetters();
    return letters.find((letter) => letter.id === id) ?? false;
  };

  test("a handler that always throws is tried 1 + maxRetries times, then its message is kept with the error", async () => {
    const id = await topic.publish({ what: "fail", key: "a" });
    const letter = await until(() => letterOf(id));
    expect(attempts.get("a")).toEqual([1, 2, 3, 4]);
    expect(letter).toMatchObject({
      reason: "retries_exhausted",
      attempts: 4,
      body: { what: "fail", key: "a" },
    });
    expect(letter.error).toContain("it never works");
    expect(letter.stack).toContain("failure.test");
    expect(letter.buriedAt.getTime()).toBeGreaterThanOrEqual(letter.publishedAt.getTime() - 1_000);
  });

  test("Unrecoverable goes straight to the dead letters", async () => {
    const id = await topic.publish({ what: "give up", key: "b" });
    expect(await until(() => letterOf(id))).toMatchObject({ reason: "unrecoverable", attempts: 1 });
    expect(attempts.get("b")).toEqual([1]);
  });

  test("a handler that takes longer than its timeout is aborted, and has failed", async () => {
    const id = await topic.publish({ what: "hang", key: "c" });
    const letter = await until(() => letterOf(id));
    expect(letter.error).toMatch(/^deadline_exceeded: .*300 ms/);
    expect(attempts.get("c")).toEqual([1, 2, 3, 4]);
    expect(aborts).toEqual(Array(4).fill("deadline_exceeded"));
  });

  test("dead letters are delivered again when they are put back, as if new", async () => {
    const id = await topic.publish({ what: "mend", key: "d" });
    await until(() => letterOf(id));
    mend();
    expect(await subscription.redrive([id])).toBe(1);
    await until(() => attempts.get("d")!.length === 5);
    expect(attempts.get("d")).toEqual([1, 2, 3, 4, 1]);
    expect(await letterOf(id)).toBe(false);
  });

  test("dead letters are read in pages, and deleted when asked", async () => {
    const before = await subscription.deadLetters();
    expect(before.length).toBeGreaterThanOrEqual(3);
    const [first] = await subscription.deadLetters({ limit: 1 });
    const rest = await subscription.deadLetters({ after: first!.id });
    expect([first!, ...rest].map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    expect(await subscription.purge("dead")).toBe(before.length);
    expect(await subscription.deadLetters()).toEqual([]);
  });

  test("a message of another version that does not fit goes to the dead letters unseen", async (context) => {
    if (!provider.isShared || provider.name === "embedded")
      return context.skip("no other process can publish while this one runs");
    await promisify(execFile)(
      process.execPath,
      [publisher, topic.name, "handle", '{"what":"dance","key":"e"}'],
      {
        env: { ...process.env, PUBSUB_URL: provider.url() },
        timeout: 20_000,
      },
    );
    const [letter] = await until(async () => {
      const letters = await subscription.deadLetters();
      return letters.length > 0 && letters;
    });
    expect(letter).toMatchObject({ reason: "misfit", body: { what: "dance", key: "e" } });
    expect(letter!.error).toContain("body.what");
    await aWhile();
    expect(attempts.has("e")).toBe(false);
  });

  test("what succeeds is not held up by what fails", async () => {
    await topic.publish({ what: "fail", key: "f" });
    await topic.publish({ what: "fine", key: "g" });
    await until(() => attempts.get("g")?.length === 1);
    await until(() => attempts.get("f")?.length === 4);
  });
});
