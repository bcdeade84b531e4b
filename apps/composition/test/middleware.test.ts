import { afterAll, beforeAll, expect, test, vi } from "vitest";
import {
  api,
  currentRequest,
  middleware,
  start,
  stop,
  type MiddlewareFn,
  type MiddlewareRequest,
  type Next,
} from "@twinloop/api";
import { CronJob } from "@twinloop/cron";
import { Subscription, Topic } from "@twinloop/pubsub";
import { z } from "zod";

/** What each middleware has seen, by the kind of the operation. */
const seen: Record<string, unknown[]> = {};
const note = (kind: string, what: unknown): void => void (seen[kind] ??= []).push(what);

const layer = middleware(async (request, next) => {
  const meta = request.requestMeta;
  request.data["by"] = `middleware of ${meta.type}`;
  if (meta.type === "pubsub-message") {
    const { topic, subscription, messageId, deliveryAttempt, parsedPayload } = meta;
    note("message", { topic, subscription, hasId: messageId.length === 36, deliveryAttempt, parsedPayload });
  } else if (meta.type === "cron-job") note("run", { job: meta.jobId, attempt: meta.attempt });
  else if (meta.type === "api-call") note("call", { path: meta.path });
  const response = await next(request);
  note("payload", response.payload);
  return response;
});
const rejects = middleware({ target: { type: "pubsub-message" } }, async (request, next) => {
  if (request.requestMeta.parsedPayload?.["n"] === 2) throw new Error("not this one");
  return next(request);
});
const forgets = middleware({ target: { type: "cron-job" } }, (async (
  request: MiddlewareRequest,
  next: Next,
) => {
  await next(request);
}) as unknown as MiddlewareFn);

const topic = new Topic<{ n: number }>("wrapped", { schema: z.object({ n: z.number() }) });
const handled: unknown[] = [];
export const reads: Subscription<{ n: number }> = new Subscription(topic, "reads", {
  retryPolicy: { maxRetries: 0 },
  handler: async ({ n }) => void handled.push([n, currentRequest()?.data["by"]]),
});
const job = new CronJob("wrapped", {
  schedule: "0 0 29 2 *",
  handler: async () => void handled.push(currentRequest()?.data["by"]),
});

let url = "";

beforeAll(async () => {
  process.env["PUBSUB_URL"] = "memory:";
  api({ expose: true, path: "/wrapped", request: z.object({}) }, () => currentRequest()?.data["by"]);
  const options = { port: 0, banner: false, signals: false } as const;
  url = (await start({ ...options, middlewares: [layer, rejects, forgets] })).url!;
});

afterAll(() => stop());

test("one middleware runs around calls, messages and runs, and each tells its kind", async () => {
  const answer = await fetch(`${url}/wrapped`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  expect(await answer.json()).toBe("middleware of api-call");
  await topic.publish({ n: 1 });
  await vi.waitFor(() => expect(handled).toContainEqual([1, "middleware of pubsub-message"]));
  await vi.waitFor(() => expect(seen["payload"]).toHaveLength(2));
  expect(seen).toMatchObject({
    call: [{ path: "/wrapped" }],
    message: [
      { topic: "wrapped", subscription: "reads", hasId: true, deliveryAttempt: 1, parsedPayload: { n: 1 } },
    ],
    payload: ["middleware of api-call", undefined],
  });
});

test("a message that middleware refuses fails as if its handler had", async () => {
  await topic.publish({ n: 2 });
  await vi.waitFor(async () => expect(await reads.deadLetters()).toMatchObject([{ error: "not this one" }]));
  expect(handled.flat()).not.toContain(2);
});

test("a run whose middleware returns nothing has failed, and the error says so", async () => {
  await expect(job.trigger()).rejects.toThrow(
    /the middleware at .*middleware\.test\.ts:\d+ of wrapped returns nothing/,
  );
  expect(seen["run"]).toEqual([{ job: "wrapped", attempt: 1 }]);
  expect(handled).toContain("middleware of cron-job");
});
