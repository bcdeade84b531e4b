/**
 * The status of a run. `asked` means that an operator triggered the run and no process has taken it yet; `waiting` and
 * `running` are not final; all others are.
 */
export type Outcome =
  "asked" | "waiting" | "running" | "succeeded" | "failed" | "timedOut" | "interrupted" | "skipped";

/** A run of a cron job, as its history shows it. */
export interface CronRun {
  /** The run's number, unique among all runs of all jobs. */
  readonly id: number;
  /** The scheduled instant, or the time of the trigger. */
  readonly scheduledAt: Date;
  /** When a process last began the run; `null` before the first attempt. */
  readonly startedAt: Date | null;
  /** When the run ended; `null` before that. */
  readonly finishedAt: Date | null;
  /** How the run ended, or where it is on its way. */
  readonly outcome: Outcome;
  /** How many attempts a handler has begun. */
  readonly attempts: number;
  /** The last attempt's error, as `code: message`; `null` for a run that has not failed. */
  readonly error: string | null;
  /** The machine and process that has the run, as `host/pid`. */
  readonly place: string;
  /** Whether a call or an operator triggered the run, and not the clock. */
  readonly manual: boolean;
}

/** A run as Rust writes it: times in ms since 1970. */
export type WrittenRun = Omit<CronRun, "scheduledAt" | "startedAt" | "finishedAt"> & {
  /** Milliseconds since 1970. */
  readonly scheduledAt: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number | null;
  /** Milliseconds since 1970. */
  readonly finishedAt: number | null;
};

/** Reads a run that crossed from Rust. */
export function readRun({ scheduledAt, startedAt, finishedAt, ...rest }: WrittenRun): CronRun {
  return {
    scheduledAt: new Date(scheduledAt),
    startedAt: startedAt === null ? null : new Date(startedAt),
    finishedAt: finishedAt === null ? null : new Date(finishedAt),
    ...rest,
  };
}
