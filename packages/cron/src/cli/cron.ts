import {
  AppProblem,
  printed,
  Unclear,
  withOpen,
  type CommandLine,
  type Result,
} from "@twinloop/core-native/cli";
import type { CronAdmin, CronStanding, Times } from "../admin.ts";
import { appCrons, type AppCron } from "./crons.ts";
import { describeHistory, describeJobs, describeRun, type ListedJob } from "./cron-report.ts";

type Work = (admin: CronAdmin, job: string, limit: number) => Promise<Result>;

/**
 * The commands on one job. `trigger` has a process of the app run the job and resolves when one has taken the run; the
 * others work on the ledger alone.
 */
const WORKS: Readonly<Record<string, Work>> = {
  history: async (admin, job, limit) => {
    const value = await admin.history(job, { limit });
    return { value, text: describeHistory(value) };
  },
  trigger: async (admin, job) => {
    const value = await admin.trigger(job);
    return { value, text: `${job}: ${describeRun(value)}` };
  },
  pause: async (admin, job) => {
    await admin.pause(job);
    return { value: { job, paused: true }, text: `${job}: paused in all processes` };
  },
  resume: async (admin, job) => {
    await admin.resume(job);
    return { value: { job, paused: false }, text: `${job}: fires again` };
  },
};

/** How many runs `history` lists without `--limit`. */
const DEFAULT_LIMIT = 20;

/**
 * Runs `twinloop cron <list|history|trigger|pause|resume>` for all processes of the app, through the ledger in its database.
 *
 * Shape:  exit code 0 for success, 1 for a problem of the app or its ledger, 2 for an error in the command line.
 */
export function cronCommand(line: CommandLine): Promise<number> {
  return printed(line.options["json"] === true, () => cronAnswer(line));
}

/** Does the work of `cron`; rejects with `Unclear`, `AppProblem` or an error of the ledger. */
export async function cronAnswer(line: CommandLine): Promise<Result> {
  const [word = "list", job, ...rest] = line.words;
  const work = Object.hasOwn(WORKS, word) ? WORKS[word] : undefined;
  if (!work && word !== "list") {
    throw new Unclear(`There is no \`cron ${word}\`; there are list, ${Object.keys(WORKS).join(", ")}.`);
  }
  if (work && (job === undefined || rest.length > 0)) {
    throw new Unclear(`Name one job: twinloop cron ${word} <job>.`);
  }
  const crons = appCrons(await line.manifest());
  if (!work) return list(line, crons);
  const { limit = DEFAULT_LIMIT } = line.options;
  return withAdmin(line, crons, (admin) => work(admin, job!, limit as number));
}

/** Lists the jobs. Without a ledger, those of the code are listed, followed by the problem. */
async function list(line: CommandLine, crons: readonly AppCron[]): Promise<Result> {
  const { preview } = await import("../admin.ts");
  let ledger: { database: string | null; jobs: readonly CronStanding[] } | undefined;
  let problem: string | undefined;
  try {
    ledger = await withAdmin(line, crons, async (admin) => ({
      database: admin.database,
      jobs: await admin.list(),
    }));
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  }
  const jobs = await merge(crons, ledger?.jobs ?? [], preview);
  const database = ledger?.database ?? null;
  const text = describeJobs(jobs);
  if (problem === undefined) return { value: { database, jobs }, text };
  return { value: { database, jobs, problem }, text, code: 1, remark: problem };
}

/** Merges the jobs of the code with those of the ledger, including jobs that only the ledger has. */
async function merge(
  crons: readonly AppCron[],
  standings: readonly CronStanding[],
  preview: (times: Times) => Promise<readonly Date[]>,
): Promise<ListedJob[]> {
  const declared = crons.map(async ({ id, file, line, ...times }) => {
    const standing = standings.find(({ job }) => job === id);
    const { unread = [], ...known } = times;
    const due = known.schedule ?? (known.every === undefined ? null : `every ${known.every}`);
    // The ledger has the times of the last start; the code may be newer.
    const timeZone = known.timeZone ?? standing?.timeZone ?? (unread.includes("timeZone") ? null : "UTC");
    const [next] =
      due === null
        ? [standing?.next]
        : await preview({ ...known, timeZone } as Times).catch(() => [] as readonly Date[]);
    return {
      job: id,
      due: due ?? standing?.due ?? null,
      timeZone,
      paused: standing?.paused ?? false,
      next: next ?? null,
      failures: standing?.failures ?? 0,
      last: standing?.last ?? null,
      at: `${file}:${line}`,
    };
  });
  const others = standings.filter(({ job }) => !crons.some(({ id }) => id === job));
  return [...(await Promise.all(declared)), ...others.map((standing) => ({ ...standing, at: null }))];
}

/** Runs `work` on the ledger that the app's processes share. */
async function withAdmin<T>(
  line: CommandLine,
  crons: readonly AppCron[],
  work: (admin: CronAdmin) => Promise<T>,
): Promise<T> {
  if (crons.length === 0) throw new AppProblem("The app declares no cron job.");
  return withOpen(line, async () => (await import("../admin.ts")).openAdmin(), work);
}
