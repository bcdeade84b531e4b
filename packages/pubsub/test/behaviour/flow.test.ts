import { expect, test } from "vitest";
import { z } from "zod";
import { start, stop, Subscription, Topic, type MessageContext } from "../../dist/index.js";
import { aWhile, overProviders, ownName, until } from "./providers.ts";

const Job = z.object({ n: z.number(), ms: z.number(), blocks: z.boolean() });
type Job = z.infer<typeof Job>;

function declare() {
  const topic = new Topic<Job>(ownName("jobs"), { schema: Job });
  const begun: { n: number; attempt: number }[] = [];
  const ended: number[] = [];
  const aborted: number[] = [];
  let running = 0;
  let most = 0;
  const handler = async ({ n, ms, blocks }: Job, { attempt, signal }: MessageContext): Promise<void> => {
    begun.push({ n, attempt });
    most = Math.max(most, ++running);
    if (blocks) {
      const free = Date.now() + ms;
      while (Date.now() < free);
    } else {
      await new Promise<void>((resolve) => {
        const isAgain = begun.filter((each) => each.n === n).length > 1;
        const timer = setTimeout(resolve, isAgain ? 0 : ms);
        signal.addEventListener("abort", () => {
          aborted.push(n);
          clearTimeout(timer);
          resolve();
        });
      });
    }
    running--;
    if (!signal.aborted) ended.push(n);
  };
  const subscription = new Subscription(topic, "work", { handler, maxConcurrency: 5, ackDeadline: "1s" });
  return { topic, subscription, begun, ended, aborted, most: () => most };
}

process.env["SHUTDOWN_TIMEOUT"] = "1500";

const job = (n: number, ms = 20, blocks = false): Job => ({ n, ms, blocks });

overProviders(declare, ({ topic, subscription, begun, ended, aborted, most }, provider) => {
  test("no more than maxConcurrency messages are with handlers, and as many are", async () => {
    await topic.publishBatch(Array.from({ length: 50 }, (_, n) => job(n)));
    await until(() => ended.length === 50);
    expect(most()).toBe(5);
  });

  test("a paused subscription pulls nothing until it is resumed", async () => {
    await subscription.pause();
    expect((await subscription.stats()).paused).toBe(true);
    await topic.publish(job(100));
    await aWhile();
    expect(ended).not.toContain(100);
    expect((await subscription.depth()).ready).toBe(1);
    await subscription.resume();
    await until(() => ended.includes(100));
  });

  test("a handler that outlasts the ack deadline keeps its message, even when it blocks its loop", async () => {
    await topic.publish(job(200, 2_500, true));
    await topic.publish(job(201, 2_500));
    await until(() => ended.includes(200) && ended.includes(201));
    await aWhile();
    expect(begun.filter(({ n }) => n === 200 || n === 201).map(({ attempt }) => attempt)).toEqual([1, 1]);
  });

  test("a stop waits for handlers, then aborts them and gives their messages back", async () => {
    await topic.publishBatch([job(300, 200), job(301, 60_000)]);
    await until(() => begun.some(({ n }) => n === 301) && begun.some(({ n }) => n === 300));
    await stop();
    expect(ended).toContain(300);
    expect(aborted).toEqual([301]);
    await start({ banner: false, signals: false });
    // What is in memory ends with the broker, which no isolate had open any more.
    if (provider.name === "memory") return;
    await until(() => ended.includes(301));
    expect(begun.filter(({ n }) => n === 301).map(({ attempt }) => attempt)).toEqual([1, 1]);
  });
});
