import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { Subscription, Topic, Unrecoverable, type MessageContext } from "../../dist/index.js";
import { overProviders, ownName, providers, until, type Provider } from "./providers.ts";

const Sum = z.object({
  numbers: z.array(z.number()),
  how: z.enum(["add", "refuse", "fail once", "large", "hang"]),
});
type Sum = z.infer<typeof Sum>;

const worker = fileURLToPath(new URL("../fixtures/result-worker.mjs", import.meta.url));

function declare(provider: Provider) {
  const topic = new Topic<Sum>(ownName("sums"), { schema: Sum });
  const subscription = new Subscription(topic, "add", {
    keepResults: "1m",
    ackDeadline: "1s",
    timeout: "20s",
    retryPolicy: { minBackoff: 10, maxBackoff: 20, maxRetries: 2 },
    handler: async ({ numbers, how }: Sum, context: MessageContext) => {
      if (how === "refuse") throw new Unrecoverable("no sum of these");
      if (how === "fail once" && context.attempt === 1) throw new Error("not yet");
      if (how === "large") return { sum: 0, at: new Date(0), filler: "x".repeat(2 << 20) };
      let sum = 0;
      for (const number of numbers) {
        sum += number;
        await context.progress({ sum });
      }
      return { sum, at: new Date(0), filler: undefined };
    },
  });
  const silent = new Subscription(topic, "silent", { handler: () => undefined });
  return { provider, topic, subscription, silent };
}

const keeping = providers.filter(({ name }) => name === "memory" || name === "postgres");

overProviders(
  declare,
  ({ provider, topic, subscription, silent }) => {
    test("whoever waits is given what the handler returned, at once or later, as often as asked", async () => {
      const id = await topic.publish({ numbers: [1, 2, 3], how: "add" });
      const [one, other] = await Promise.all([subscription.result(id), subscription.result(id)]);
      expect(one).toEqual({ sum: 6, at: "1970-01-01T00:00:00.000Z" });
      expect(other).toEqual(one);
      expect(await subscription.result(id, { timeout: 0 })).toEqual(one);
      expectTypeOf(one.sum).toEqualTypeOf<number>();
      expectTypeOf(one.at).toEqualTypeOf<string>();
    });

    test("an attempt that fails is waited out, and a dead letter rejects with its error", async () => {
      const later = await topic.publish({ numbers: [4], how: "fail once" });
      expect(await subscription.result(later)).toMatchObject({ sum: 4 });
      const never = await topic.publish({ numbers: [], how: "refuse" });
      await expect(subscription.result(never)).rejects.toMatchObject({
        code: "aborted",
        message: expect.stringMatching(/is a dead letter of .*: unrecoverable: no sum of these$/) as string,
      });
    });

    test("a result that is too large fails its attempt", async () => {
      const id = await topic.publish({ numbers: [], how: "large" });
      await expect(subscription.result(id)).rejects.toThrow(/the result has 2\d{6} bytes as JSON/);
    });

    test("progress is followed to the end", async () => {
      const id = await topic.publish({ numbers: [1, 1, 1, 1], how: "add" });
      const seen: unknown[] = [];
      for await (const value of subscription.progress(id)) seen.push(value);
      // Values that come while nobody looks are passed over.
      const sums = seen.map((value) => (value as { sum: number }).sum);
      expect(sums).toEqual([...sums].sort((one, another) => one - another));
      expect(await subscription.result(id)).toMatchObject({ sum: 4 });
    });

    test("a wait ends by its timeout, by its signal, and where nothing is kept", async () => {
      const unknown = "01890a5d-ac96-774b-bcce-b302099a8057";
      await expect(subscription.result(unknown, { timeout: 50 })).rejects.toMatchObject({
        code: "deadline_exceeded",
      });
      const signal = AbortSignal.timeout(50);
      await expect(subscription.result(unknown, { signal })).rejects.toMatchObject({ code: "canceled" });
      await expect(subscription.result(unknown, { timeout: "soon" as never })).rejects.toMatchObject({
        code: "invalid_argument",
      });
      await expect(silent.result(unknown)).rejects.toThrow(/keeps no results: declare it with keepResults/);
    });

    test("a process that is killed loses nothing for whoever waits in another", async (context) => {
      if (!provider.isShared) return context.skip("no other process sees these messages");
      await subscription.pause();
      const child = spawn(process.execPath, [worker, topic.name], {
        env: { ...process.env, PUBSUB_URL: provider.url() },
        stdio: "inherit",
      });
      try {
        const id = await topic.publish({ numbers: [5, 6], how: "add" });
        const progress = subscription.progress(id);
        expect((await progress.next()).value).toBe("in the child's hands");
        const result = subscription.result(id, { timeout: "25s" });
        child.kill("SIGKILL");
        await subscription.resume();
        expect(await result).toMatchObject({ sum: 11 });
        await until(async () => (await subscription.depth()).inFlight === 0);
      } finally {
        child.kill("SIGKILL");
      }
    });
  },
  keeping,
);
