import { CronJob } from "@twinloop/cron";
import { expectTypeOf } from "vitest";

const hourly = new CronJob("hourly", {
  every: "1h",
  handler: async (context) => expectTypeOf(context.scheduledAt).toEqualTypeOf<Date>(),
});
expectTypeOf(hourly.nextRuns(3)).resolves.toEqualTypeOf<Date[]>();

new CronJob("nightly", { schedule: "30 4 * * *", timeZone: "Europe/Berlin", handler: () => undefined });

// @ts-expect-error: a period is a number with its unit.
new CronJob("each", { every: "hourly", handler: () => undefined });
// @ts-expect-error: a job is due by a period or by a schedule, not by both.
new CronJob("both", { every: "1h", schedule: "0 * * * *", handler: () => undefined });
// @ts-expect-error: a job is due by one of them.
new CronJob("never", { handler: () => undefined });
