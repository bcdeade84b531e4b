import { expect, test } from "vitest";
import type { Times } from "../admin.ts";
import { describeCrons } from "./crons.ts";

const place = { file: "src/app.ts", line: 3 };
const preview = ({ every, schedule }: Times): Promise<Date[]> =>
  every === "7h"
    ? Promise.reject(new Error("it does not divide a day"))
    : Promise.resolve(schedule === "never" ? [] : [new Date("2026-06-01T10:00:00Z")]);

test("jobs are listed with when they are due and their next run", async () => {
  const crons = [
    { id: "a", every: "1h", ...place },
    { id: "b", schedule: "@daily", timeZone: "Europe/Berlin", ...place },
    { id: "c", ...place },
    { id: "d", schedule: "never", ...place },
    { id: "e", schedule: "@daily", unread: ["timeZone"], ...place },
    { id: "f", timeZone: "UTC", unread: ["schedule"], ...place },
  ];
  expect(await describeCrons(crons, preview)).toEqual({
    rows: [
      ["a", "every 1h", "2026-06-01T10:00:00.000Z"],
      ["b", "@daily in Europe/Berlin", "2026-06-01T10:00:00.000Z"],
      ["c", "an expression", "known at start: no option says when as a literal"],
      ["d", "never", "never"],
      ["e", "@daily in an expression", "known at start: timeZone is no literal"],
      ["f", "an expression in UTC", "known at start: schedule is no literal"],
    ],
    problems: [],
  });
});

test("times that a job cannot have are told with their place", async () => {
  const { problems } = await describeCrons([{ id: "a", every: "7h", ...place }], preview);
  expect(problems).toEqual([
    expect.objectContaining({
      ...place,
      code: "cron_invalid",
      message: "cron job `a`: it does not divide a day",
    }),
  ]);
});
