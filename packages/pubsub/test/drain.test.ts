import { afterAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { stop, Subscription, Topic } from "../dist/index.js";
import { memory } from "../dist/testing.js";

const Click = z.object({ slug: z.string() });
const clicks = new Topic<z.infer<typeof Click>>("clicks", { schema: Click });
const handled: string[] = [];
export const count = new Subscription(clicks, "count", {
  handler: ({ slug }) => void handled.push(slug),
});

afterAll(async () => {
  await stop();
  vi.unstubAllEnvs();
});

test("a test that has not called start() drains what was published, also what was delayed", async () => {
  vi.stubEnv("PUBSUB_URL", "memory:");
  await clicks.publish({ slug: "home" });
  await clicks.publish({ slug: "later" }, { delay: "1h" });
  await memory.drain();
  expect(handled).toEqual(["home"]);
  expect(await memory.published(clicks)).toHaveLength(2);
  await memory.advance(3_600_000);
  await memory.drain();
  expect(handled).toEqual(["home", "later"]);
});
