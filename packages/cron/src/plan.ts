import { problem, SystemCode, type Problem } from "@twinloop/core-native/internal";
import { native } from "./native.ts";
import type { DeclaredJob } from "./registry.ts";

/** The hints for problems to which Rust gives none. */
const HINT = {
  timeZone: 'Write a name of the IANA time zone database, such as "Europe/Berlin", or "UTC".',
  schedule:
    'Write five fields (minute, hour, day of month, month, day of week), six with seconds in front, or @hourly, @daily, @weekly, @monthly, @yearly: "30 4 * * MON-FRI".',
  every: 'Write a period that divides a day, such as "10m" or "6h".',
};

/** Finds all problems with the declared jobs. Rust checks patterns and time zones. */
export async function findProblems(declared: readonly DeclaredJob[]): Promise<readonly Problem[]> {
  const ids = declared.map(({ id }) => id);
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index);
  const found = await native.call<(readonly [keyof typeof HINT, string, string] | null)[]>("check", [
    declared.map(({ settings }) => settings),
  ]);
  return [
    ...twice.map((id) =>
      problem(
        SystemCode.ConfigInvalid,
        `the cron job "${id}" is declared twice`,
        "Rename one of the two: history and leases go by the id.",
      ),
    ),
    ...declared.flatMap(({ id, settings, problems }, index) => {
      const wrong = found[index];
      if (!wrong) return problems;
      const [option, why, hint] = wrong;
      const given = { timeZone: settings.timeZone, schedule: settings.pattern, every: settings.everyMs };
      const message = `The cron job "${id}": ${option} is ${JSON.stringify(given[option])}: ${why}`;
      return [...problems, problem(SystemCode.ConfigInvalid, message, hint || HINT[option])];
    }),
  ];
}
