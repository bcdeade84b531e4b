import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { makeVhost, withoutRabbitmq } from "../../../tools/suites/vhost.mjs";
import { start, stop, Topic } from "../dist/index.js";

const app = fileURLToPath(new URL("fixtures/replay-app.mjs", import.meta.url));

afterEach(async () => {
  await stop();
  vi.unstubAllEnvs();
});

/** Runs a version of the app to its end. */
async function run(url: string, ...words: string[]): Promise<unknown> {
  const env = { ...process.env, PUBSUB_URL: url, LOG_LEVEL: "error" };
  const child = fork(app, words, { env, stdio: ["ignore", "ignore", "inherit", "ipc"] });
  let said: { result: unknown } | undefined;
  child.on("message", (message) => void (said = message as { result: unknown }));
  const [code] = (await once(child, "exit")) as [number];
  expect(code, `${words[0]} ends well`).toBe(0);
  return said!.result;
}

test("a later version's subscription gets the topic's history, and a part of it again", async (context) => {
  const skipped = withoutRabbitmq();
  if (skipped) return context.skip(skipped);
  const vhost = await makeVhost();
  try {
    const between = (await run(vhost.url, "first")) as string;
    expect(await run(vhost.url, "second", between)).toEqual({
      all: [0, 1, 2, 3, 4],
      live: [5],
      numbers: [3, 2],
      since: [3, 4, 5],
      until: [1, 2],
      wrong: [
        "invalid_argument",
        expect.stringContaining('from is "last": write "first", { offset: 0 } or { time:'),
      ],
      unknown: "not_found",
    });
  } finally {
    await vhost.remove();
  }
});

// The declaration of this test stays: it is the last one of the file.
test("a history is refused where no provider keeps one, with what to do", async () => {
  vi.stubEnv("PUBSUB_URL", "memory:");
  const topic = new Topic<{ n: number }>("kept", {
    schema: z.object({ n: z.number() }),
    history: { maxAge: "1d" },
  });
  const error: Error = await start({ banner: false, signals: false }).then(
    () => expect.unreachable(),
    (thrown: Error) => thrown,
  );
  expect(error.message).toContain(
    `the topic ${topic.name} has \`history\`, and memory keeps no history of a topic`,
  );
  expect(error.message).toContain("set PUBSUB_URL to amqp://");
});
