import { expect, test } from "vitest";
import { calendarOf } from "./calendar.ts";

const at = (date: number, hour: number): number => new Date(2026, 2, date, hour).getTime();

test("runs stand on their days, in their order, from today on", () => {
  const calendar = calendarOf(
    [
      { job: "nightly", next: [at(9, 23), at(10, 23)] },
      { job: "hourly", next: [at(9, 12), at(9, 8)] },
    ],
    at(9, 10),
    3,
  );
  expect(calendar.map(({ day }) => day)).toEqual(["2026-03-09", "2026-03-10", "2026-03-11"]);
  expect(calendar[0]?.runs.map(({ job }) => job)).toEqual(["hourly", "nightly"]);
  expect(calendar[1]?.runs.map(({ job }) => job)).toEqual(["nightly"]);
  expect(calendar[2]?.runs).toEqual([]);
});

test("of many runs a day the first are shown and the others counted", () => {
  const next = Array.from({ length: 12 }, (_, index) => at(9, 10) + index * 60_000);
  const [today] = calendarOf([{ job: "busy", next }], at(9, 10), 1, 5);
  expect([today?.runs.length, today?.more]).toEqual([5, 7]);
});

test("a job whose known runs end before a day may run on it all the same", () => {
  const next = Array.from({ length: 12 }, (_, index) => at(9, 10) + index * 60_000);
  const jobs = [
    { job: "busy", next },
    { job: "once", next: [at(9, 11)] },
  ];
  expect(calendarOf(jobs, at(9, 10), 3).map(({ onward }) => onward)).toEqual([[], ["busy"], ["busy"]]);
});
