import { expect, test } from "vitest";
import { describeCrons } from "./crons.ts";

const place = { file: "src/app.ts", line: 3 };
const admin = {
  preview: ({ every, schedule }: { every?: string; schedule?: string }): Promise<Date[]> =>
    every === "7h"
      ? Promise.reject(new Error("it does not divide a day"))
      : Promise.resolve(schedule === "never" ? [] : [new Date("2026-06-01T10:00:00Z")]),
};

test("jobs are listed with when they are due and their next run", async () => {
  const crons = [
    { id: "a", every: "1h", ...place },
    { id: "b", schedule: "@daily", timeZone: "Europe/Berlin", ...place },
    { id: "c", ...place },
    { id: "d", schedule: "never", ...place },
  ];
  expect(await describeCrons(crons, admin)).toEqual({
    rows: [
      ["a", "every 1h", "2026-06-01T10:00:00.000Z"],
      ["b", "@daily in Europe/Berlin", "2026-06-01T10:00:00.000Z"],
      ["c", "-", "-"],
      ["d", "never", "never"],
    ],
    problems: [],
  });
});

test("times that a job cannot have are told with their place", async () => {
  const { problems } = await describeCrons([{ id: "a", every: "7h", ...place }], admin);
  expect(problems).toEqual(["src/app.ts:3 cron job a: it does not divide a day"]);
});

test("without the package the times are listed alone", async () => {
  const { rows } = await describeCrons([{ id: "a", every: "1h", ...place }], undefined);
  expect(rows).toEqual([["a", "every 1h", "-"]]);
});
