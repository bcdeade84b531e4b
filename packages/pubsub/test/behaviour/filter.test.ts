import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { z } from "zod";
import { Subscription, Topic } from "../../dist/index.js";
import { overProviders, ownName, until, type Provider } from "./providers.ts";

const Sale = z.object({
  n: z.number(),
  region: z.string(),
  cents: z.number(),
  coupon: z.string().nullish(),
  last: z.boolean().optional(),
});
type Sale = z.infer<typeof Sale>;

const publisher = fileURLToPath(new URL("../fixtures/publisher.mjs", import.meta.url));

function declare(provider: Provider) {
  const topic = new Topic<Sale>(ownName("sales"), { schema: Sale });
  const seen = new Map<string, number[]>();
  const take = (name: string) => {
    const numbers: number[] = [];
    seen.set(name, numbers);
    return ({ n }: Sale): void => void numbers.push(n);
  };
  const all = new Subscription(topic, "all", { handler: take("all") });
  const european = new Subscription(topic, "european", {
    filter: { region: ["eu", { prefix: "eu-" }], cents: { gte: 100, lt: 500 } },
    handler: take("european"),
  });
  const taken = take("couponed");
  const couponed = new Subscription(topic, "couponed", {
    filter: { coupon: { exists: true, not: "none" }, last: null },
    batchHandler: (sales) => void sales.forEach((sale) => taken(sale)),
    maxBatchWait: 20,
  });
  return { provider, topic, all, european, couponed, seen };
}

overProviders(declare, ({ provider, topic, all, european, couponed, seen }) => {
  const of = (name: string) => [...seen.get(name)!].sort((one, other) => one - other);
  const sale = (n: number, region: string, cents: number, more: Partial<Sale> = {}): Sale => ({
    ...{ n, region, cents },
    ...more,
  });

  test("each subscription gets the messages that its filter admits, and no others", async () => {
    await topic.publishBatch([
      sale(1, "eu", 100),
      sale(2, "eu-west", 499, { coupon: "free" }),
      sale(3, "us", 200, { coupon: "none" }),
      sale(4, "eu", 500),
      sale(5, "eu", 99, { coupon: null }),
      sale(6, "us", 1, { coupon: "half", last: true }),
      sale(7, "us", 1, { coupon: "half" }),
    ]);
    await topic.publish(sale(8, "eu", 300, { coupon: "late" }), { delay: 100 });
    await until(() => of("all").length === 8 && of("european").length === 3 && of("couponed").length === 3);
    expect(of("all")).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(of("european")).toEqual([1, 2, 8]);
    expect(of("couponed")).toEqual([2, 7, 8]);
    for (const subscription of [all, european, couponed]) {
      await until(async () => {
        const { ready, delayed, inFlight } = await subscription.depth();
        return ready + delayed + inFlight === 0;
      });
      expect(await subscription.deadLetters()).toEqual([]);
    }
    const { delivered, acknowledged } = await european.stats();
    expect({ delivered, acknowledged }).toEqual({ delivered: 3, acknowledged: 3 });
  });

  test("no copy is stored of a message that nobody wants", async (context) => {
    if (provider.name === "rabbitmq") return context.skip("RabbitMQ copies every message to every queue");
    await european.pause();
    await topic.publish(sale(20, "us", 1), { delay: "1h" });
    await topic.publish(sale(21, "eu", 1));
    await topic.publish(sale(22, "eu", 200));
    await until(() => of("all").includes(22));
    const { ready, delayed } = await european.depth();
    expect({ ready, delayed }).toEqual({ ready: 1, delayed: 0 });
    await european.resume();
    await until(() => of("european").includes(22));
  });

  test("a copy that another process has stored without the filter is acknowledged unseen", async (context) => {
    if (!provider.isShared || provider.name === "embedded")
      return context.skip("no other process can publish while this one runs");
    const body = JSON.stringify(sale(30, "us", 200));
    await promisify(execFile)(process.execPath, [publisher, topic.name, "european", body], {
      env: { ...process.env, PUBSUB_URL: provider.url() },
      timeout: 20_000,
    });
    await until(() => of("all").includes(30));
    await until(async () => {
      const { ready, inFlight } = await european.depth();
      return ready + inFlight === 0;
    });
    expect(of("european")).not.toContain(30);
    expect((await european.stats()).buried).toBe(0);
  });
});
