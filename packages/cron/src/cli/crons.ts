import {
  declarationsIn,
  table,
  type AppInventory,
  type CommandFault,
  type Manifest,
} from "@twinloop/core-native/cli";
import type * as Admin from "../admin.ts";

/** A cron job of the app, with its times as far as they are written as literals or constants. */
export interface AppCron {
  /** The job's id. */
  readonly id: string;
  /** The source of the declaration, from the app's root. */
  readonly file: string;
  /** The line of the declaration, from 1. */
  readonly line: number;
  /** The option `every` as text; absent where the sources do not tell it. */
  readonly every?: string;
  /** The option `schedule`; absent where the sources do not tell it. */
  readonly schedule?: string;
  /** The option `timeZone`; absent for UTC. */
  readonly timeZone?: string;
  /** The options among `every`, `schedule` and `timeZone` that are other expressions. */
  readonly unread?: readonly string[];
}

/** Finds the cron jobs of a manifest. */
export function appCrons(manifest: Manifest): readonly AppCron[] {
  return declarationsIn(manifest, "@twinloop/cron", "CronJob").map(
    ({ name: id, file, line, options, unread }) => ({
      ...{ id, file, line },
      ...options,
      ...(unread === undefined ? {} : { unread }),
    }),
  );
}

/** Reads the app's cron jobs as a table with their next runs, and problems with their times. */
export async function readCrons(manifest: Manifest): Promise<AppInventory> {
  const crons = appCrons(manifest);
  if (crons.length === 0) return { text: "", problems: [] };
  // Imported late: an app without cron jobs needs no addon.
  const { rows, problems } = await describeCrons(crons, (await import("../admin.ts")).preview);
  return { text: table(["cron job", "due", "next run"], rows), problems };
}

/** Makes a table row for each job, and a problem for each job whose times are wrong. */
export async function describeCrons(
  crons: readonly AppCron[],
  preview: (times: Admin.Times) => Promise<readonly Date[]>,
): Promise<{ readonly rows: readonly (readonly string[])[]; readonly problems: readonly CommandFault[] }> {
  const problems: CommandFault[] = [];
  const rows = await Promise.all(
    crons.map(async (cron) => {
      const { id, file, line, every, schedule, timeZone, unread = [] } = cron;
      const due = schedule ?? (every === undefined ? "an expression" : `every ${every}`);
      const zone = timeZone ?? (unread.includes("timeZone") ? "an expression" : undefined);
      const where = zone === undefined ? due : `${due} in ${zone}`;
      if (unread.length > 0) {
        return [
          id,
          where,
          `known at start: ${unread.join(" and ")} ${unread.length > 1 ? "are" : "is"} no literal`,
        ];
      }
      if (due === "an expression") return [id, where, "known at start: no option says when as a literal"];
      try {
        const times = {
          ...(every === undefined ? {} : { every }),
          ...(schedule === undefined ? {} : { schedule }),
          ...(timeZone === undefined ? {} : { timeZone }),
        };
        const [next] = await preview(times as Admin.Times);
        return [id, where, next?.toISOString() ?? "never"];
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        problems.push({
          code: "cron_invalid",
          file,
          line,
          message: `cron job \`${id}\`: ${why}`,
        });
        return [id, where, "-"];
      }
    }),
  );
  return { rows, problems };
}
