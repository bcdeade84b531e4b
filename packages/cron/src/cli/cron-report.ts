import type { CronRun, CronStanding } from "../admin.ts";
import { table } from "@twinloop/core-native/cli";

/** A job as `cron list` shows it. */
export interface ListedJob extends CronStanding {
  /** The file and line of the declaration; `null` for a job that only the ledger has. */
  readonly at: string | null;
}

/** Formats the jobs with their last and next runs. */
export function describeJobs(jobs: readonly ListedJob[]): string {
  if (jobs.length === 0) return "the app declares no cron job";
  const rows = jobs.map(({ job, due, timeZone, paused, next, failures, last, at }) => [
    job,
    `${due ?? "-"}${timeZone === null || timeZone === "UTC" ? "" : ` in ${timeZone}`}`,
    paused ? "paused" : at === null ? "not in the app" : shortTime(next),
    last === null
      ? "-"
      : `${last.outcome} ${shortTime(last.finishedAt ?? last.startedAt ?? last.scheduledAt)}`,
    String(failures),
  ]);
  const failed = jobs.flatMap(({ job, failures, last }) =>
    failures > 0 && last?.error != null ? [`${job}: ${last.error}`] : [],
  );
  return [table(["cron job", "due", "next run", "last run", "failures"], rows), ...failed].join("\n");
}

/** Formats the runs of a job, the newest first. */
export function describeHistory(runs: readonly CronRun[]): string {
  if (runs.length === 0) return "no runs yet";
  const rows = runs.map((run) => [
    String(run.id),
    shortTime(run.scheduledAt),
    run.manual ? "triggered" : "by the clock",
    run.outcome,
    run.startedAt && run.finishedAt ? `${run.finishedAt.getTime() - run.startedAt.getTime()} ms` : "-",
    String(run.attempts),
    run.place,
    run.error ?? "",
  ]);
  return table(["run", "for", "how", "outcome", "took", "attempts", "where", "error"], rows);
}

/** Formats one run as a sentence. */
export function describeRun({ id, outcome, place, error }: CronRun): string {
  return `run ${id} ${outcome === "running" ? "runs" : outcome} at ${place}${error === null ? "" : `: ${error}`}`;
}

/** Formats a time as `2026-06-01 10:00:00Z`. */
function shortTime(time: Date | null): string {
  return time === null ? "never" : `${time.toISOString().slice(0, 19).replace("T", " ")}Z`;
}
