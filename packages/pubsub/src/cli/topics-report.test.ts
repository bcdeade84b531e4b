import { expect, test } from "vitest";
import {
  describeAge,
  describeCounts,
  describeDeadLetters,
  describeDepths,
  describePending,
  describeTopics,
} from "./topics-report.ts";
import type { AppTopics } from "./app-topics.ts";

const target = { topic: "clicks", subscription: "count" };
const standing = { isInApp: true, isPaused: false, isExpired: false, isServed: true, servedMsAgo: 0 };

test("topics are listed with who gets their messages and where they are declared", () => {
  const topics = [
    { name: "clicks", message: 0, file: "src/app.ts", line: 7, doc: "Every click." },
    { name: "unheard", message: 0, file: "src/app.ts", line: 9 },
  ];
  const { text, value } = describeTopics({ topics } as unknown as AppTopics, [target]);
  expect(text.split("\n")).toEqual([
    "topic    subscriptions  declared at",
    "clicks   count          src/app.ts:7",
    "unheard  -              src/app.ts:9",
  ]);
  expect(value).toEqual([
    { topic: "clicks", subscriptions: ["count"], at: "src/app.ts:7", doc: "Every click." },
    { topic: "unheard", subscriptions: [], at: "src/app.ts:9" },
  ]);
});

test("depths are columns of numbers, to the right", () => {
  const depth = { ready: 1200, delayed: 3, inFlight: 12, dead: 0, oldestMs: 61_000 };
  expect(describeDepths("embedded:q.redb", [{ ...target, ...standing, ...depth }]).split("\n")).toEqual([
    "embedded:q.redb",
    "subscription  ready  delayed  in flight  dead  oldest",
    "clicks/count   1200        3         12     0  1 min",
  ]);
});

test("what the app has not, what is paused and what has expired is marked", () => {
  const depth = { ready: 5, delayed: 0, inFlight: 0, dead: 0, oldestMs: 1_000 };
  const other = {
    topic: "clicks",
    subscription: "old",
    isInApp: false,
    isServed: false,
    servedMsAgo: 61_000,
  };
  const text = describeDepths("embedded:q.redb", [
    { ...target, ...standing, ...depth, isPaused: true },
    { ...standing, ...depth, ...other, isExpired: true },
  ]);
  const [, , one, two] = text.split("\n");
  expect(one).toMatch(/PAUSED$/);
  expect(two).toMatch(/NOT IN THE APP, served 1 min ago; gets no more copies$/);
});

test("messages that are not done say where they stand and who has them", () => {
  const message = {
    id: "0190",
    state: "in_flight" as const,
    body: { id: "a" },
    key: null,
    priority: 0,
    uniqueKey: null,
    attempts: 2,
    publishedAt: new Date(0),
    ageMs: 61_000,
    dueAt: null,
    expiresAt: null,
    holder: "web-1/42",
    heldSince: new Date("2026-01-02T03:04:05Z"),
  };
  expect(describePending([message], 20, false).split("\n")).toEqual([
    "0190  in flight  age 1 min  attempts 2  with web-1/42 since 2026-01-02 03:04:05",
    '    body: {"id":"a"}',
  ]);
  const expiresAt = new Date("2026-01-09T03:04:05Z");
  const marked = { ...message, key: "k 1", priority: 9, uniqueKey: "u", expiresAt };
  expect(describePending([marked], 20, false)).toContain(
    '2026-01-02 03:04:05  key "k 1"  priority 9  unique key "u"  expires 2026-01-09 03:04:05\n',
  );
});

test("dead letters are counted by reason and by error", () => {
  const counts = {
    reasons: { misfit: 1, unrecoverable: 12 },
    errors: [{ error: "no such link", count: 12 }],
  };
  expect(describeCounts(counts).split("\n")).toEqual([
    "reason         dead",
    "misfit            1",
    "unrecoverable    12",
    "",
    "dead  error",
    "  12  no such link",
  ]);
});

test("nothing that waits has no age", () => {
  const depth = { ready: 0, delayed: 0, inFlight: 0, dead: 0, oldestMs: 0 };
  expect(describeDepths("memory:", [{ ...target, ...standing, ...depth }])).toMatch(/ {2}-$/);
});

test("a dead letter says why, how often, what broke and what it was", () => {
  const letter = {
    id: "0190",
    reason: "retries_exhausted" as const,
    attempts: 4,
    publishedAt: new Date(0),
    buriedAt: new Date("2026-01-02T03:04:05.678Z"),
    error: "internal: no such account",
    stack: "Error: no such account\n    at handler (src/app.ts:7:1)",
    body: "x".repeat(300),
    key: null,
  };
  const lines = describeDeadLetters([letter], 1).split("\n");
  expect(lines.slice(0, 3)).toEqual([
    "0190  retries_exhausted  attempts 4  2026-01-02 03:04:05",
    "    error: internal: no such account",
    "    at handler (src/app.ts:7:1)",
  ]);
  expect(lines[3]).toMatch(/^ {4}body: "x{199}… \(302 characters\)$/);
  expect(lines[4]).toBe("more: --after 0190");
});

test.each([
  [999, "999 ms"],
  [1000, "1 s"],
  [3_599_999, "59 min"],
  [90_000_000, "1 d"],
])("%i milliseconds are %s", (milliseconds, text) => {
  expect(describeAge(milliseconds)).toBe(text);
});
