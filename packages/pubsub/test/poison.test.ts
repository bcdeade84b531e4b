import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const app = fileURLToPath(new URL("fixtures/poison-app.mjs", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "twinloop-poison-"));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the app says before it ends. */
async function run(word: string): Promise<unknown> {
  const env = { ...process.env, PUBSUB_URL: `embedded:${folder}/messages.redb` };
  const child = fork(app, [word], { env, stdio: "ignore" });
  const ended = once(child, "exit");
  const [said] = (await once(child, "message")) as [unknown];
  await ended;
  return said;
}

test("a message that kills its process is given to 1 + maxRetries handlers, and its dead letter says so", async () => {
  expect(await run("publish")).toEqual({ attempt: 1 });
  expect(await run("again")).toEqual({ attempt: 2 });
  expect(await run("again")).toEqual({ attempt: 3 });
  expect(await run("look")).toEqual({ dead: 3, reason: "retries_exhausted" });
});
