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
  /** Jobs that may run on this day too, beyond the runs that are known of them. */
  readonly onward: readonly string[];
}

/** A job of which fewer runs are known has no others; the app tells at least so many of one that goes on. */
const KNOWN_RUNS = 10;

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
    const onward = jobs
      .filter(({ next }) => next.length >= KNOWN_RUNS && day(next.at(-1) ?? 0) < name)
      .map(({ job }) => job);
    return { day: name, runs: runs.slice(0, most), more: Math.max(0, runs.length - most), onward };
  });
}
