import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { api, currentRequest, start, stop } from "@twinloop/api";
import { Subscription, Topic } from "@twinloop/pubsub";
import { SQLDatabase } from "@twinloop/sqldb";
import { z } from "zod";

const SERVER = process.env["DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";
const REQUESTS = 1_000;
const AT_ONCE = 200;

const db = new SQLDatabase("context", { connectionString: SERVER });
const topic = new Topic<{ n: number }>("context", { schema: z.object({ n: z.number() }) });
/** Ids of deliveries that met a request's. */
const confused: string[] = [];
let delivered = 0;
let url = "";

export const reads: Subscription<{ n: number }> = new Subscription(topic, "reads", {
  handler: async (_message, ctx) => {
    const before = currentRequest();
    await sleep(1);
    if (currentRequest() !== before || before !== (ctx as unknown)) confused.push(ctx.messageId);
    delivered++;
  },
});

beforeAll(async () => {
  process.env["PUBSUB_URL"] = "memory:";
  api({ expose: true, path: "/context", request: z.object({ n: z.number() }) }, async ({ n }, ctx) => {
    const seen: boolean[] = [];
    const look = (): void => void seen.push(currentRequest() === (ctx as unknown));
    look();
    await sleep(n % 5);
    look();
    await db.queryRow`select ${n}::int as n`;
    look();
    await topic.publish({ n });
    look();
    await Promise.all([sleep(1), db.transaction((tx) => tx.queryRow`select 1 as one`.then(look))]);
    look();
    await new Promise<void>((resolve) => setImmediate(() => process.nextTick(resolve)));
    look();
    queueMicrotask(look);
    await null;
    return { n, all: seen.length === 8 && seen.every(Boolean), trace: ctx.trace.traceId };
  });
  url = (await start({ port: 0, banner: false, signals: false })).url!;
});

afterAll(() => stop());

test("S23: interleaved requests each see their own context after timers, queries and publishes", async () => {
  const traces = new Set<string>();
  const one = async (n: number): Promise<void> => {
    const response = await fetch(`${url}/context`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ n }),
    });
    const answer = (await response.json()) as { n: number; all: boolean; trace: string };
    expect(answer).toMatchObject({ n, all: true });
    traces.add(answer.trace);
  };
  for (let from = 0; from < REQUESTS; from += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => one(from + n)));
  }
  expect(traces.size).toBe(REQUESTS);
  await expect.poll(() => delivered, { timeout: 20_000 }).toBe(REQUESTS);
  expect(confused).toEqual([]);
  expect(currentRequest()).toBe(undefined);
});
