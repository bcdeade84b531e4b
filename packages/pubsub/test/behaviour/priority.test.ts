import { expect, test } from "vitest";
import { z } from "zod";
import { openAdmin } from "../../dist/admin.js";
import { Subscription, Topic } from "../../dist/index.js";
import { overProviders, ownName, providers, until } from "./providers.ts";

const Note = z.object({ text: z.string() });

function declare() {
  const topic = new Topic<{ text: string }>(ownName("urgent"), { schema: Note, priorities: true });
  const plain = new Topic<{ text: string }>(ownName("plain"), { schema: Note });
  const seen: string[] = [];
  let letGo = (): void => undefined;
  const isLetGo = new Promise<void>((resolve) => (letGo = resolve));
  const subscription = new Subscription(topic, "read", {
    maxConcurrency: 1,
    handler: async ({ text }) => {
      seen.push(text);
      if (text === "first") await isLetGo;
    },
  });
  return { topic, plain, seen, subscription, letGo: () => letGo() };
}

const capable = providers.filter(({ hasPriorities }) => hasPriorities);

overProviders(
  declare,
  ({ topic, plain, seen, subscription, letGo }) => {
    test("the greatest priority comes first, and within one the oldest", async () => {
      // While a handler has the one message that may be out, no other is taken.
      await topic.publish({ text: "first" });
      await until(() => seen.length === 1);
      for (const [text, priority] of [
        ["a", 0],
        ["b", 9],
        ["c", 4],
        ["d", 9],
        ["e", undefined],
      ] as const) {
        await topic.publish({ text }, priority === undefined ? {} : { priority });
      }
      await topic.publishBatch([{ text: "f" }, { text: "g" }], { priority: 4 });
      await until(async () => (await subscription.depth()).ready === 7);
      const admin = await openAdmin();
      const shown = await admin.peek({ topic: topic.name, subscription: subscription.name });
      await admin.close();
      const waiting = shown.map(({ body, priority }) => `${(body as { text: string }).text}${priority}`);
      expect(waiting).toEqual(["first0", "a0", "b9", "c4", "d9", "e0", "f4", "g4"]);
      letGo();
      await until(() => seen.length === 8);
      expect(seen).toEqual(["first", "b", "d", "c", "f", "g", "a", "e"]);
    });

    test("a priority that is none is refused before anything is sent", async () => {
      for (const priority of [-1, 10, 1.5, Number.NaN, "high" as never, null as never]) {
        const published = topic.publish({ text: "x" }, { priority });
        await expect(published).rejects.toMatchObject({
          code: "invalid_argument",
          message: expect.stringContaining("a whole number from 0 to 9"),
        });
      }
    });

    test("a topic without priorities says how it gets them", async () => {
      await expect(plain.publish({ text: "x" }, { priority: 1 })).rejects.toMatchObject({
        code: "invalid_argument",
        message: expect.stringContaining("declare it with `priorities: true`"),
      });
      await plain.publish({ text: "x" }, { priority: 0 });
    });
  },
  capable,
);
