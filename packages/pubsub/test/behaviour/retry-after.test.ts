import { expect, test } from "vitest";
import { z } from "zod";
import { RetryAfter, Subscription, Topic, Unrecoverable, type MessageContext } from "../../dist/index.js";
import { overProviders, ownName, until } from "./providers.ts";

const Call = z.object({
  how: z.enum(["mark", "throw", "date", "mark and throw", "mark and give up", "wrong", "for ever"]),
});
type Call = z.infer<typeof Call>;

const PAUSE_MS = 700;

function declare() {
  const topic = new Topic<Call>(ownName("calls"), { schema: Call });
  const seen = new Map<string, { attempt: number; at: number }[]>();
  const handler = ({ how }: Call, context: MessageContext): void => {
    const attempts = seen.get(how) ?? [];
    attempts.push({ attempt: context.attempt, at: Date.now() });
    seen.set(how, attempts);
    if (how === "for ever") throw new RetryAfter(1, { message: "the other side is busy" });
    if (context.attempt > 1) return;
    if (how === "throw") throw new RetryAfter(`${PAUSE_MS}ms`);
    if (how === "date") throw new RetryAfter(new Date(Date.now() + PAUSE_MS));
    context.retryAfter(how === "wrong" ? ("soon" as never) : PAUSE_MS);
    if (how === "mark and throw") throw new TypeError("the other side answered 429");
    if (how === "mark and give up") throw new Unrecoverable("nothing helps");
  };
  const subscription = new Subscription(topic, "call", {
    handler,
    // Far from the pauses that the handlers choose, on either side: the policy's own pause is random from 0.
    retryPolicy: { minBackoff: 10, maxBackoff: 20, maxRetries: 2 },
  });
  return { topic, subscription, seen };
}

overProviders(declare, ({ topic, subscription, seen }) => {
  const letterOf = async (id: string) => {
    const letters = await subscription.deadLetters();
    return letters.find((letter) => letter.id === id) ?? false;
  };

  test.each(["mark", "throw", "date", "mark and throw"] as const)(
    "the next attempt begins after the pause that the handler chose, and counts: %s",
    async (how) => {
      await topic.publish({ how });
      const [first, second] = await until(() => (seen.get(how)?.length === 2 ? seen.get(how)! : false));
      expect([first!.attempt, second!.attempt]).toEqual([1, 2]);
      // Brokers keep time by their own clocks and in milliseconds.
      expect(second!.at - first!.at).toBeGreaterThan(PAUSE_MS - 50);
    },
  );

  test("a pause does not save a message from the limit of its retries", async () => {
    const id = await topic.publish({ how: "for ever" });
    expect(await until(() => letterOf(id))).toMatchObject({
      reason: "retries_exhausted",
      attempts: 3,
      error: "retry_after: the other side is busy",
    });
    expect(seen.get("for ever")!.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  });

  test("Unrecoverable has the last word", async () => {
    const id = await topic.publish({ how: "mark and give up" });
    expect(await until(() => letterOf(id))).toMatchObject({ reason: "unrecoverable", attempts: 1 });
  });

  test("what is no duration fails the attempt, which is retried by the policy", async () => {
    await topic.publish({ how: "wrong" });
    await until(() => seen.get("wrong")?.length === 2);
  });
});

test("RetryAfter refuses what is neither a duration nor a date", () => {
  for (const wrong of ["soon", -1, Number.NaN, new Date(Number.NaN), undefined]) {
    expect(() => new RetryAfter(wrong as never)).toThrow(/retryAfter is .*"30s"/);
  }
  expect(new RetryAfter(new Date(0)).delayMs).toBe(0);
});
