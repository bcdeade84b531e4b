import { day } from "../text/instant.ts";

/** A run that is due. */
export interface DueRun {
  readonly job: string;
  readonly atMs: number;
}

/** A day of the calendar with its runs in their order; `more` is how many further ones there are. */
export interface CalendarDay {
  /** The day in the browser's time zone, such as `2026-03-09`. */
  readonly day: string;
  readonly runs: readonly DueRun[];
  readonly more: number;
}

/**
 * Puts the next runs of all jobs into days, beginning with today.
 *
 * Limits: `days` days, at most `most` runs a day; runs of the past are left out.
 */
export function calendarOf(
  jobs: readonly { readonly job: string; readonly next: readonly number[] }[],
  nowMs: number,
  days = 7,
  most = 6,
): readonly CalendarDay[] {
  const due = jobs
    .flatMap(({ job, next }) => next.map((atMs) => ({ job, atMs })))
    .filter(({ atMs }) => atMs >= nowMs)
    .sort((left, right) => left.atMs - right.atMs || left.job.localeCompare(right.job));
  return Array.from({ length: days }, (_, index) => {
    const date = new Date(nowMs);
    date.setDate(date.getDate() + index);
    const name = day(date.getTime());
    const runs = due.filter(({ atMs }) => day(atMs) === name);
    return { day: name, runs: runs.slice(0, most), more: Math.max(0, runs.length - most) };
  });
}
