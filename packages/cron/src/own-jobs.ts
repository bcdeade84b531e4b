import { setTimeout as sleep } from "node:timers/promises";
import { formatDuration } from "@twinloop/core-native/internal";
import type { CronAdmin, CronStanding } from "./cron-admin.ts";
import { readRun, type CronRun, type WrittenRun } from "./cron-run.ts";
import { CronError } from "./error.ts";
import { jobs, type DeclaredJob } from "./registry.ts";
import { callJob, isPausedHere } from "./scheduler.ts";

/** How many runs are looked at for failures in a row; the ledger keeps as many. */
const HISTORY = 100;

/** How often, and how many times, the run of a trigger is looked for. */
const LOOK_MS = 50;
const MAX_LOOKS = 40;

/** The jobs of this process by the ledger in its memory, as operators use them. */
export class OwnJobs implements CronAdmin {
  /** No database has the ledger. */
  readonly database = null;

  list(): Promise<CronStanding[]> {
    return Promise.all(jobs.map(standingOf));
  }

  history(job: string, { limit = 20 }: { readonly limit?: number } = {}): Promise<CronRun[]> {
    return historyOf(jobNamed(job), limit);
  }

  /** Runs a job now, paused or not. Resolves when the run has begun. */
  async trigger(job: string): Promise<CronRun> {
    const declared = jobNamed(job);
    const [before] = await historyOf(declared, 1);
    let refusal: unknown;
    // The call lasts until the run has ended, and fails as the run does.
    callJob(declared, "trigger").catch((error: unknown) => (refusal = error));
    for (let look = 0; look < MAX_LOOKS; look++) {
      await sleep(LOOK_MS);
      const run = (await historyOf(declared, 20)).find((one) => one.manual && one.id > (before?.id ?? 0));
      if (run !== undefined) return run;
      if (refusal !== undefined) throw refusal;
    }
    throw new CronError("unavailable", `the run of "${job}" has not begun within ${LOOK_MS * MAX_LOOKS} ms`);
  }

  async pause(job: string): Promise<void> {
    await callJob(jobNamed(job), "pause");
  }

  async resume(job: string): Promise<void> {
    await callJob(jobNamed(job), "resume");
  }

  async close(): Promise<void> {}
}

function jobNamed(id: string): DeclaredJob {
  const found = jobs.find((job) => job.id === id);
  if (found !== undefined) return found;
  const all = jobs.map((job) => job.id).join(", ") || "none";
  throw new CronError("not_found", `this process has no cron job "${id}"; it has ${all}`);
}

async function historyOf(job: DeclaredJob, limit: number): Promise<CronRun[]> {
  return (await callJob<WrittenRun[]>(job, "history", limit)).map(readRun);
}

async function standingOf(job: DeclaredJob): Promise<CronStanding> {
  const { everyMs, pattern, timeZone } = job.settings;
  const runs = await historyOf(job, HISTORY);
  const ended = runs.filter(({ outcome }) => !["waiting", "running", "skipped"].includes(outcome));
  const succeeded = ended.findIndex(({ outcome }) => outcome === "succeeded");
  const [next] = await callJob<number[]>(job, "nextRuns", 1);
  return {
    job: job.id,
    due: everyMs === null ? pattern : `every ${formatDuration(everyMs)}`,
    timeZone,
    paused: isPausedHere(job),
    next: next === undefined ? null : new Date(next),
    failures: succeeded === -1 ? ended.length : succeeded,
    last: runs[0] ?? null,
  };
}
