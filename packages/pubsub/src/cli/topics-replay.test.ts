import { expect, test } from "vitest";
import { replayers } from "./topics-replay.ts";

const replay = replayers["replay"]!;
const line = (topics: object, words = ["replay", "orders/audit"]) => ({ words, topics }) as never;

test("a line without a place, or with one that cannot be read, is unclear", () => {
  const wrong = [
    [{}, "Say from where: --from first, --from offset:1000, or --from 2026-01-31T08:00Z."],
    [
      { from: "soon" },
      '--from is "soon": write first, offset:<number>, or a date such as 2026-01-31T08:00Z.',
    ],
    [{ from: "offset:-1" }, '--from is "offset:-1"'],
    [{ from: "2026-13-40" }, '--from is "2026-13-40"'],
    [{ from: "first", to: "7" }, '--to is "7": write a date such as 2026-01-31T08:00Z.'],
    [{ from: "2026-02-01", to: "2026-02-01" }, "--to is not later than --from"],
  ] as const;
  for (const [options, message] of wrong) expect(() => replay.check!(line(options))).toThrow(message);
  expect(() => replay.check!(line({ from: "first" }, ["replay", "a/b", "c"]))).toThrow(
    "Name one subscription",
  );
});

test("a replay asks for the part of the history that the line names, and tells how many there were", async () => {
  const asked: unknown[] = [];
  const admin = { replay: async (_: unknown, range: unknown) => asked.push(range) };
  const target = { topic: "orders", subscription: "audit" };
  const run = (topics: object) => replay.run({ admin, target, args: line(topics) } as never);
  expect(await run({ from: "first" })).toEqual({
    value: { replayed: 1, subscription: "orders/audit" },
    text: "orders/audit: 1 of the topic's history to be delivered again",
  });
  await run({ from: "offset:1000" });
  await run({ from: "2026-01-31T08:00Z", to: "2026-02-01T00:00Z" });
  expect(asked).toEqual([
    { from: "first" },
    { from: { offset: 1000 } },
    { from: { time: new Date("2026-01-31T08:00Z") }, until: new Date("2026-02-01T00:00Z") },
  ]);
});
