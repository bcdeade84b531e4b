import { expect, test } from "vitest";
import { givenExpiry, subscriptionSettings, topicSettings } from "./settings.ts";

const handler = (): void => undefined;
const messages = (problems: readonly { message: string }[]) => problems.map(({ message }) => message);

test("defaults stand where nothing is said", () => {
  expect(topicSettings("clicks", {})).toEqual({
    settings: {
      exactlyOnce: false,
      orderingAttribute: null,
      priorities: false,
      history: null,
      maxMessageBytes: 1 << 20,
    },
    problems: [],
  });
  const { settings, problems } = subscriptionSettings("clicks/count", { handler });
  expect(problems).toEqual([]);
  expect(settings).toEqual({
    maxConcurrency: 100,
    maxInFlight: null,
    rate: null,
    ackDeadlineMs: 30_000,
    retentionMs: 604_800_000,
    timeoutMs: 300_000,
    minBackoffMs: 1_000,
    maxBackoffMs: 600_000,
    maxRetries: 100,
    expiryMs: 2_592_000_000,
    deadRetentionMs: 2_592_000_000,
    from: null,
    renamedFrom: [],
    batch: null,
    filter: null,
    keepResultsMs: null,
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

test("limits over all processes are positive and whole", () => {
  const limited = { handler, maxInFlight: 3, rateLimit: { messages: 100, per: "1s" } } as const;
  const { settings, problems } = subscriptionSettings("clicks/count", limited);
  expect([settings.maxInFlight, settings.rate, problems]).toEqual([3, { messages: 100, perMs: 1_000 }, []]);
  const wrong = [
    [{ maxInFlight: 0 }, "maxInFlight is 0"],
    [{ maxInFlight: Number.NaN }, "maxInFlight is NaN"],
    [{ rateLimit: { messages: 0, per: "1s" } }, "rateLimit.messages is 0"],
    [{ rateLimit: { messages: 1.5, per: "1s" } }, "rateLimit.messages is 1.5"],
    [{ rateLimit: { messages: 5, per: 0 } }, "rateLimit.per is 0"],
    [{ rateLimit: { messages: 5, per: "2d" } }, 'rateLimit.per is "2d"'],
    [{ rateLimit: { messages: 5 } }, "rateLimit has no per"],
    [{ rateLimit: 5 }, "rateLimit is 5"],
  ] as const;
  for (const [options, message] of wrong) {
    const told = subscriptionSettings("clicks/count", { handler, ...options } as never);
    expect(messages(told.problems)).toEqual([`The subscription "clicks/count": ${message}`]);
    expect([told.settings.maxInFlight, told.settings.rate]).toEqual([null, null]);
  }
});

test("a history has an age, and a place in it is read by its kind", () => {
  const { settings, problems } = topicSettings("clicks", { history: { maxAge: "7d", maxBytes: 1 << 30 } });
  expect([settings.history, problems]).toEqual([{ maxAgeMs: 604_800_000, maxBytes: 1 << 30 }, []]);
  expect(topicSettings("clicks", { history: { maxAge: 5_000 } }).settings.history).toEqual({
    maxAgeMs: 5_000,
    maxBytes: null,
  });
  const wrong = [
    [{}, ["history has no maxAge"]],
    [{ maxAge: "10ms", maxBytes: 10 }, ['history.maxAge is "10ms"', "history.maxBytes is 10"]],
    [{ maxAge: "1d", bytes: 1 }, ["there is no option history.bytes"]],
    ["7d", ['history is "7d"']],
  ] as const;
  for (const [history, told] of wrong) {
    const { problems } = topicSettings("clicks", { history } as never);
    expect(messages(problems)).toEqual(told.map((message) => `The topic "clicks": ${message}`));
  }
  const from = (given: unknown) =>
    subscriptionSettings("clicks/count", { handler, from: given as never }, settings);
  expect(from("first").settings.from).toBe("first");
  expect(from({ offset: 7 }).settings.from).toEqual({ offset: 7 });
  for (const time of [new Date(86_400_000), "1970-01-02T00:00Z"]) {
    expect(from({ time }).settings.from).toEqual({ timeMs: 86_400_000 });
  }
});

test.each([
  ["last", 'from is "last"'],
  [7, "from is 7"],
  [{}, "from is an empty object"],
  [{ offset: -1 }, "from is { offset: -1 }"],
  [{ offset: 1, time: "2026-01-31" }, 'from is { offset: 1, time: "2026-01-31" }'],
  [{ time: "soon" }, 'from is { time: "soon" }'],
  [{ time: new Date(Number.NaN) }, "from is { time: a Date }"],
])("%o is no place in a history", (from, told) => {
  const { settings: topic } = topicSettings("clicks", { history: { maxAge: "7d" } });
  const { settings, problems } = subscriptionSettings(
    "clicks/count",
    { handler, from: from as never },
    topic,
  );
  expect([settings.from, messages(problems)]).toEqual([null, [`The subscription "clicks/count": ${told}`]]);
});

test("a place in a history needs a topic that has one, and a history a topic without an order", () => {
  const topic = topicSettings("clicks", {}).settings;
  const { problems } = subscriptionSettings("clicks/count", { handler, from: "first" }, topic);
  expect(messages(problems)).toEqual([
    'The subscription "clicks/count": it has from, and its topic keeps no history',
  ]);
  const ordered = { history: { maxAge: "7d" }, orderingAttribute: "user" as never } as const;
  expect(messages(topicSettings("clicks", ordered).problems)).toEqual([
    'The topic "clicks": it has a history and an orderingAttribute',
  ]);
});

test("a topic with an order has no priorities", () => {
  const { problems } = topicSettings("clicks", { priorities: true, orderingAttribute: "user" as never });
  expect(messages(problems)).toEqual(['The topic "clicks": it has priorities and an orderingAttribute']);
  expect(messages(topicSettings("clicks", { priorities: 1 as never }).problems)).toEqual([
    'The topic "clicks": priorities is 1',
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
