import { afterEach, expect, test } from "vitest";
import { CronJob, start, stop } from "../dist/index.js";

const handler = (): void => undefined;

afterEach(() => stop());

function declareBadly(): unknown[] {
  return [
    new CronJob("twice", { every: "1h", handler }),
    new CronJob("twice", { every: "1h", handler }),
    new CronJob("uneven", { every: "7h", handler }),
    new CronJob("unreadable", { schedule: "61 * * * *", handler }),
    new CronJob("never", { schedule: "0 0 30 2 *", handler }),
    new CronJob("nowhere", { schedule: "@daily", timeZone: "Europe/Berlyn", handler }),
    new CronJob("idle", { every: "1h" } as never),
    new CronJob("both", { every: "1h", schedule: "@daily", handler } as never),
  ];
}

// The declarations of this file stay: this is the one test that starts with all of them.
test("start() names everything that is wrong with the declarations, in one error", async () => {
  expect(declareBadly().length).toBe(8);
  const error: Error = await start({ banner: false, signals: false }).then(
    () => expect.unreachable(),
    (thrown: Error) => thrown,
  );
  for (const what of [
    'the cron job "twice" is declared twice',
    'The cron job "uneven": every is "7h", which does not divide a day',
    'To fix it: Write "6h" or "8h"',
    'The cron job "unreadable": schedule is "61 * * * *"',
    'The cron job "never": schedule is "0 0 30 2 *": there is no day on which it is due',
    'The cron job "nowhere": timeZone is "Europe/Berlyn": no time zone has this name',
    'The cron job "idle": it has no handler',
    'The cron job "both": it has both every and schedule',
  ]) {
    expect(error.message).toContain(what);
  }
});
