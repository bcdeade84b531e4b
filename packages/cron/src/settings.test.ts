import { expect, test } from "vitest";
import type { CronJobOptions } from "./options.ts";
import { jobSettings } from "./settings.ts";

const handler = (): void => undefined;
const told = (options: unknown, id: unknown = "job"): string =>
  jobSettings(id, options as CronJobOptions)
    .problems.map(({ message }) => message)
    .join("\n");

test("defaults stand where nothing is said", () => {
  expect(jobSettings("job", { every: "10m", handler })).toEqual({
    settings: {
      everyMs: 600_000,
      pattern: null,
      timeZone: "UTC",
      overlap: "skip",
      missed: "skip",
      jitterMs: 0,
      timeoutMs: 3_600_000,
      minBackoffMs: 1_000,
      maxBackoffMs: 600_000,
      maxRetries: 0,
    },
    problems: [],
  });
});

test("a retry policy that is given retries", () => {
  const { settings } = jobSettings("job", {
    schedule: "@daily",
    timeZone: "Europe/Berlin",
    retryPolicy: {},
    handler,
  });
  expect(settings).toMatchObject({ pattern: "@daily", timeZone: "Europe/Berlin", maxRetries: 3 });
});

test("when it is due is said once", () => {
  expect(told({ handler })).toContain("it is never due");
  expect(told({ every: "1h", schedule: "@daily", handler })).toContain("it has both every and schedule");
  expect(told({ every: "7h", handler })).toContain('every is "7h", which does not divide a day');
  expect(told({ every: "soon", handler })).toContain('every is "soon"');
  expect(told({ schedule: "", handler })).toContain('schedule is ""');
});

test("what it does is said once", () => {
  expect(told({ every: "1h" })).toContain("it has no handler");
  expect(told({ every: "1h", handler, endpoint: handler })).toContain("it has both handler and endpoint");
  expect(told({ every: "1h", endpoint: "tidyUp" })).toContain("its endpoint is no function");
});

test("all that is wrong is told at once, with its hint", () => {
  const options = {
    every: "1h",
    handler,
    overlap: "replace",
    missed: "never",
    jitter: "2d",
    timeout: 0,
    timezone: "UTC",
    timeZone: 2,
    retryPolicy: { minBackoff: "1h", maxBackoff: "1s", maxRetries: -1 },
  };
  const all = told(options, "");
  for (const what of [
    "its id is not a text",
    'overlap is "replace"',
    'missed is "never"',
    'jitter is "2d"',
    "timeout is 0",
    "there is no option timezone",
    "timeZone is 2",
    "minBackoff is longer",
    "maxRetries is -1",
  ]) {
    expect(all).toContain(what);
  }
  const { problems } = jobSettings("", options as never);
  expect(problems.every(({ hint }) => hint.length > 0)).toBe(true);
  expect(told(undefined)).toContain("it is never due");
});
