import type { Manifest } from "@twinloop/compiler";
import { AppProblem, importFrom } from "./app-package.ts";
import { table } from "./table.ts";

type Cron = Manifest["crons"][number];

/** What is used of `@twinloop/cron/admin`. */
interface Admin {
  preview(times: Pick<Cron, "every" | "schedule" | "timeZone">): Promise<readonly Date[]>;
}

/** Prints the app's cron jobs with their next runs; 1 where a job has times that it cannot have. */
export async function reportCrons(root: string, { crons }: Manifest): Promise<number> {
  if (crons.length === 0) return 0;
  const { rows, problems } = await describeCrons(crons, await adminOf(root));
  const text = table(["cron job", "due", "next run"], rows);
  process.stdout.write(`${[text, ...problems].join("\n")}\n`);
  return problems.length === 0 ? 0 : 1;
}

/** Without the package nothing says when they are due; the app will not start either, and says why. */
async function adminOf(root: string): Promise<Admin | undefined> {
  try {
    return (await importFrom(root, "@twinloop/cron/admin")) as Admin;
  } catch (error) {
    if (error instanceof AppProblem) return undefined;
    throw error;
  }
}

/** A row for each job, and what is wrong with those that have none. */
export async function describeCrons(
  crons: readonly Cron[],
  admin: Admin | undefined,
): Promise<{ readonly rows: readonly (readonly string[])[]; readonly problems: readonly string[] }> {
  const problems: string[] = [];
  const rows = await Promise.all(
    crons.map(async ({ id, file, line, ...times }) => {
      const { every, schedule, timeZone } = times;
      const due = schedule ?? (every === undefined ? "-" : `every ${every}`);
      const where = timeZone === undefined ? due : `${due} in ${timeZone}`;
      if (!admin || due === "-") return [id, where, "-"];
      try {
        const [next] = await admin.preview(times);
        return [id, where, next?.toISOString() ?? "never"];
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        problems.push(`${file}:${line} cron job ${id}: ${why}`);
        return [id, where, "-"];
      }
    }),
  );
  return { rows, problems };
}
