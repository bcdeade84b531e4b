import { expect, test } from "vitest";
import { givenExpiry, subscriptionSettings, topicSettings } from "./settings.ts";

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
    expiryMs: 2_592_000_000,
    deadRetentionMs: 2_592_000_000,
    renamedFrom: [],
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
  expect(problems.every(({ hint }) => hint.length > 0)).toBe(true);
});

test("how long things are kept is a duration or never, and the topic says it for its subscriptions", () => {
  const { settings: topic } = topicSettings("clicks", { subscriptionExpiry: "never" });
  const options = { handler, deadLetterRetention: "1d", renamedFrom: ["total", "all"] } as const;
  expect(subscriptionSettings("clicks/count", options, topic).settings).toMatchObject({
    expiryMs: null,
    deadRetentionMs: 86_400_000,
    renamedFrom: ["total", "all"],
  });
  const own = subscriptionSettings("clicks/count", { handler, subscriptionExpiry: "2h" }, topic);
  expect(own.settings.expiryMs).toBe(7_200_000);
  const { problems } = subscriptionSettings("clicks/count", {
    handler,
    subscriptionExpiry: "sometimes" as never,
    renamedFrom: "",
  });
  expect(problems.map(({ message }) => message)).toEqual([
    expect.stringContaining('subscriptionExpiry is "sometimes"'),
    expect.stringContaining("renamedFrom"),
  ]);
});

test("the environment's expiry goes before all others", () => {
  expect(givenExpiry({})).toEqual({ ms: null, problems: [] });
  expect(givenExpiry({ PUBSUB_SUBSCRIPTION_EXPIRY: "12h" }).ms).toBe(43_200_000);
  expect(givenExpiry({ PUBSUB_SUBSCRIPTION_EXPIRY: "never" }).ms).toBe(-1);
  expect(givenExpiry({ PUBSUB_SUBSCRIPTION_EXPIRY: "soon" }).problems).toHaveLength(1);
});
