import type { Duration } from "@twinloop/core-native";
import type { CronContext } from "./cron-context.ts";

/** What happens when a job is due while a run of it is not done: there is none, it waits for its turn, or it runs beside. */
export type Overlap = "skip" | "queue" | "allow";

/** What becomes of instants at which no process could fire the job: nothing, one run for all of them, or a run for each. */
export type Missed = "skip" | "once" | "all";

/** When and how often a run that failed is tried again: after `minBackoff`, then twice as long each time, by chance. */
export interface RetryPolicy {
  /** Default 1 s. */
  readonly minBackoff?: Duration;
  /** Default 10 minutes. */
  readonly maxBackoff?: Duration;
  /** Then it has failed. Default 3. */
  readonly maxRetries?: number;
}

/** Does a job's work. Throwing, or a rejected promise, means that the run failed. */
export type JobHandler = (context: CronContext) => unknown;

/** Everything about a job but what it does. */
export interface JobTiming {
  /** For people. Default the id. */
  readonly title?: string;
  /** The zone whose clocks and days the times are meant in, such as `Europe/Berlin`. Default `UTC`. */
  readonly timeZone?: string;
  /** Default `skip`. */
  readonly overlap?: Overlap;
  /** Default `skip`. */
  readonly missed?: Missed;
  /** Each run begins later by anything up to this. Default 0. */
  readonly jitter?: Duration;
  /** How long an attempt may take; then it has failed and `ctx.signal` aborts. Default 1 hour, at most 7 days. */
  readonly timeout?: Duration;
  /** Default none: a run that fails has failed. */
  readonly retryPolicy?: RetryPolicy;
}

/** When a job is due: one of the two. */
export type JobTimes =
  | {
      /** A period that divides a day, such as `"10m"` or `"6h"`, counted from the first instant of each day. */
      readonly every: Duration;
      readonly schedule?: never;
    }
  | {
      /** A pattern of five fields, six with seconds in front, or a name such as `@daily`. */
      readonly schedule: string;
      readonly every?: never;
    };

/** What a job does: one of the two. */
export type JobWork =
  | {
      readonly handler: JobHandler;
      readonly endpoint?: never;
    }
  | {
      /** An endpoint without parameters, called as a function. */
      readonly endpoint: () => Promise<unknown>;
      readonly handler?: never;
    };

/** A job. */
export type CronJobOptions = JobTiming & JobTimes & JobWork;
