import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { start, stop, Subscription, Topic } from "../dist/index.js";

const folder = mkdtempSync(join(tmpdir(), "twinloop-pubsub-"));

afterAll(async () => {
  await stop();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

test("a provider that keeps no results refuses the subscription, and says what to do", async () => {
  const topic = new Topic("kept", { schema: z.object({ n: z.number() }) });
  const subscription = new Subscription(topic, "results", { handler: () => 1, keepResults: "1h" });
  vi.stubEnv("PUBSUB_URL", `embedded:${folder}/messages.redb`);
  await expect(start({ banner: false, signals: false })).rejects.toThrow(
    /kept\/results keeps results, which embedded does not: set PUBSUB_URL to postgres:.*or remove keepResults/,
  );
  expect(subscription.name).toBe("results");
});
