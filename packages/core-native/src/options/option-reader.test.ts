import { expect, test } from "vitest";
import { OptionReader } from "./option-reader.ts";
import { optionRule } from "./option-rule.ts";

const bounds = {
  whole: { count: { least: 1, most: 9 }, "retryPolicy.maxRetries": { least: 0 } },
  durationMs: {
    wait: { least: 1, most: 86_400_000 },
    kept: { least: 1_000 },
    "retryPolicy.minBackoff": { least: 0 },
    "retryPolicy.maxBackoff": { least: 0 },
  },
};

test("what is given within its bounds is read, and what is not given has its default", () => {
  const reader = new OptionReader(bounds);
  expect(reader.duration("wait", "1h", 5)).toBe(3_600_000);
  expect(reader.duration("wait", undefined, 5)).toBe(5);
  expect(reader.durationOrNever("kept", "never")).toBe(null);
  expect(reader.durationOrNever("kept", undefined)).toBe(undefined);
  expect(reader.whole("count", 9, 1)).toBe(9);
  expect(reader.oneOf("mode", undefined, ["skip", "queue"])).toBe("skip");
  expect(reader.retryPolicy({ maxRetries: 7 }, 3)).toEqual({
    minBackoffMs: 1_000,
    maxBackoffMs: 600_000,
    maxRetries: 7,
  });
  expect(reader.faults).toEqual([]);
});

test.each([
  [{ minBackoff: "1h" }, 3_600_000, 3_600_000],
  [{ maxBackoff: "200ms" }, 200, 200],
  [{ maxBackoff: "5s" }, 1_000, 5_000],
])("the default of one pause gives way to the other: %j", (given, minBackoffMs, maxBackoffMs) => {
  const reader = new OptionReader(bounds);
  expect(reader.retryPolicy(given, 3)).toMatchObject({ minBackoffMs, maxBackoffMs });
  expect(reader.faults).toEqual([]);
});

test("what is out of bounds or of a wrong kind is told with its range, and has its default", () => {
  const reader = new OptionReader(bounds);
  expect(reader.duration("wait", "2d", 5)).toBe(5);
  expect(reader.durationOrNever("kept", "1ms")).toBe(undefined);
  expect(reader.whole("count", 10, 1)).toBe(1);
  expect(reader.whole("count", Object.create(null), 1)).toBe(1);
  expect(reader.oneOf("mode", "wait", ["skip", "queue"])).toBe("skip");
  reader.retryPolicy({ minBackoff: "1h", maxBackoff: "1s", maxRetries: -1 }, 3);
  expect(reader.known("text" as never, { a: optionRule.any })).toEqual({});
  expect(reader.faults.map(({ what, hint }) => `${what}: ${hint}`)).toEqual([
    expect.stringMatching(/^wait is "2d": Write milliseconds .*; it is from 1ms to 1d\.$/),
    expect.stringMatching(/^kept is "1ms": Write milliseconds .*, at least 1000 ms, or "never"\.$/),
    "count is 10: Write a whole number from 1 to 9.",
    "count is of the kind object: Write a whole number from 1 to 9.",
    'mode is "wait": Write "skip" or "queue".',
    "minBackoff is longer than maxBackoff: Make minBackoff the shorter one.",
    "retryPolicy.maxRetries is -1: Write a whole number from 0.",
    'its options are "text": Write an object.',
  ]);
});
