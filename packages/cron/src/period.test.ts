import { expect, test } from "vitest";
import { dividesDay, explainPeriod } from "./period.ts";

const HOUR = 3_600_000;

test("periods that divide a day are taken", () => {
  for (const ms of [1_000, 7_500, 90_000, 600_000, HOUR, 1.5 * HOUR, 6 * HOUR, 24 * HOUR]) {
    expect(dividesDay(ms)).toBe(true);
  }
  for (const ms of [0, 500, 7_000, 7 * HOUR, 25 * HOUR]) expect(dividesDay(ms)).toBe(false);
});

test("a period that does not divide a day is explained, with its neighbours that do", () => {
  const { what, hint } = explainPeriod(7 * HOUR);
  expect(what).toContain("only 3h before the first of the next day");
  expect(hint).toContain('"6h" or "8h"');
  expect(explainPeriod(7 * 60_000).hint).toContain('"6m" or "8m"');
  expect(explainPeriod(7_000).hint).toContain('"6s" or "8s"');
  expect(explainPeriod(13 * HOUR).hint).toContain('"12h" or "1d"');
});

test("a period longer than a day is told of schedules", () => {
  expect(explainPeriod(48 * HOUR)).toMatchObject({ what: "which is longer than a day" });
  expect(explainPeriod(48 * HOUR).hint).toContain("schedule");
});
