import { expect, test } from "vitest";
import { describeRecalled, recallers } from "./topics-recall.ts";

const line = (words: readonly string[], options: object = {}) =>
  ({ words: ["reschedule", ...words], topics: options }) as never;

test("a line without topic, id or time is unclear", () => {
  const { cancel, reschedule } = recallers as Required<typeof recallers>;
  expect(() => cancel!.check!(line(["mails"]))).toThrow("twinloop topics cancel <topic> <id>");
  expect(() => cancel!.check!(line(["mails", "id", "more"]))).toThrow("one id");
  for (const options of [{}, { delay: "1m", runAt: "2026-01-31" }]) {
    expect(() => reschedule!.check!(line(["mails", "id"], options))).toThrow("Say when");
  }
  expect(() => reschedule!.check!(line(["mails", "id"], { delay: "soon" }))).toThrow("--delay is");
  expect(() => reschedule!.check!(line(["mails", "id"], { runAt: "soon" }))).toThrow("--run-at is");
  reschedule!.check!(line(["mails", "id"], { delay: "10m" }));
  reschedule!.check!(line(["mails", "id"], { runAt: "2026-01-31T08:00Z" }));
});

test("an outcome is told for each subscription", () => {
  const some = {
    changed: "some",
    subscriptions: { read: "waiting", log: "in_flight", sum: "gone" },
  } as const;
  expect(describeRecalled("id", some, "cancelled").split("\n")).toEqual([
    "id: cancelled in some subscriptions",
    "  read: cancelled",
    "  log: in flight",
    "  sum: not there: handled, or never was",
  ]);
  const unsent = { changed: "all", subscriptions: {} } as const;
  expect(describeRecalled("id", unsent, "rescheduled")).toBe("id: rescheduled, before it reached the broker");
});
