import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { makeVhost, withoutRabbitmq, type Vhost } from "../../../tools/suites/vhost.mjs";
import { start, stop, Topic } from "../dist/index.js";

const reason = withoutRabbitmq();
let vhost: Vhost | undefined;

beforeAll(async () => {
  if (reason === undefined) vhost = await makeVhost();
});

afterAll(async () => {
  await stop();
  vi.unstubAllEnvs();
  await vhost?.remove();
});

// The declarations of this file stay: this is the one test that starts with them.
test("start() refuses what the provider does not have, and says what to do", async (context) => {
  if (reason !== undefined) return context.skip(reason);
  vi.stubEnv("PUBSUB_URL", vhost!.url);
  const topic = new Topic<{ n: number }>("urgent", { schema: z.object({ n: z.number() }), priorities: true });
  const error: Error = await start({ banner: false, signals: false }).then(
    () => expect.unreachable(),
    (thrown: Error) => thrown,
  );
  expect(topic.name).toBe("urgent");
  expect(error.message).toContain("the topic urgent has priorities, which rabbitmq does not have");
  expect(error.message).toContain("set PUBSUB_URL to postgres:");
});
