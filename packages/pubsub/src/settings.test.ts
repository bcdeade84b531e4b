import { expect, test } from "vitest";
import { subscriptionSettings, topicSettings } from "./settings.ts";

const handler = (): void => undefined;
const messages = (problems: readonly { message: string }[]) => problems.map(({ message }) => message);

test("defaults stand where nothing is said", () => {
  expect(topicSettings("clicks", {})).toEqual({
    settings: { exactlyOnce: false, orderingAttribute: null, maxMessageBytes: 1 << 20 },
    problems: [],
  });
  const { settings, problems } = subscriptionSettings("clicks/count", { handler });
  expect(problems).toEqual([]);
  expect(settings).toEqual({
    maxConcurrency: 100,
    ackDeadlineMs: 30_000,
    retentionMs: 604_800_000,
    timeoutMs: 300_000,
    minBackoffMs: 1_000,
    maxBackoffMs: 600_000,
    maxRetries: 100,
  });
});

test("times are read as numbers and in words", () => {
  const { settings } = subscriptionSettings("clicks/count", {
    handler,
    timeout: "1h30m",
    ackDeadline: 5_000,
    retryPolicy: { minBackoff: "250ms", maxBackoff: "1m", maxRetries: -1 },
  });
  expect(settings).toMatchObject({
    timeoutMs: 5_400_000,
    ackDeadlineMs: 5_000,
    minBackoffMs: 250,
    maxBackoffMs: 60_000,
    maxRetries: -1,
  });
});

test("all that is wrong with a topic is told", () => {
  const options = { deliveryGuarantee: "at-most-once" as never, maxMessageBytes: 0 };
  expect(messages(topicSettings("clicks", options).problems)).toEqual([
    'The topic "clicks": deliveryGuarantee is "at-most-once"',
    'The topic "clicks": maxMessageBytes is 0',
  ]);
});

test("all that is wrong with a subscription is told", () => {
  const { problems } = subscriptionSettings("clicks/count", {
    handler: undefined as never,
    maxConcurrency: 0,
    ackDeadline: 10,
    timeout: "soon" as never,
    messageRetention: Number.NaN,
    retryPolicy: { minBackoff: "1h", maxBackoff: "1s", maxRetries: 1.5 },
  });
  const told = messages(problems).join("\n");
  for (const what of ["no handler", "maxConcurrency is 0", "ackDeadline is 10", 'timeout is "soon"']) {
    expect(told).toContain(what);
  }
  for (const what of ["messageRetention is NaN", "minBackoff is longer", "maxRetries is 1.5"]) {
    expect(told).toContain(what);
  }
  expect(problems.every(({ mend }) => mend.length > 0)).toBe(true);
});
