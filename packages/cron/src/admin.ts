/**
 * Tells when times are due that no running job has: for tools.
 *
 * @packageDocumentation
 */
import { call, Operation } from "./native.ts";
import { CronError } from "./error.ts";
import type { CronJobOptions } from "./options.ts";
import { readOptions } from "./settings.ts";

/** When a job is due, as its options say it. */
export type Times = Pick<CronJobOptions, "every" | "schedule" | "timeZone">;

/**
 * The instants of times.
 *
 * Shape:  `every` or `schedule` with a zone -> at most `count` instants (default 1) after `after` (default now).
 * Errors: `CronError` of code `invalid_argument` for times that a job may not have.
 */
export async function preview(
  times: Times,
  { after = new Date(), count = 1 }: { readonly after?: Date; readonly count?: number } = {},
): Promise<Date[]> {
  const { settings, faults } = readOptions("preview", {
    ...times,
    handler: () => undefined,
  } as CronJobOptions);
  if (faults.length > 0) {
    throw new CronError("invalid_argument", faults.map(({ what }) => what).join("; "));
  }
  const { everyMs, pattern, timeZone } = settings;
  const found = await call<number[]>(Operation.preview, [
    { everyMs, pattern, timeZone },
    after.getTime(),
    count,
  ]);
  return found.map((ms) => new Date(ms));
}
