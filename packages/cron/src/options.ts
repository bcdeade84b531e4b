import type { Duration } from "@twinloop/core-native";
import type { CronContext } from "./cron-context.ts";

/**
 * What happens when a job is due while a run of the job is not done: `skip` makes no run, `queue` lets the run wait for its turn
 * (at most 100 wait), `allow` runs both side by side.
 */
export type Overlap = "skip" | "queue" | "allow";

/**
 * What happens to instants at which no process could fire the job: `skip` drops them, `once` makes one run for all of them, `all`
 * makes one run for each of the last 100, in order.
 */
export type Missed = "skip" | "once" | "all";

/**
 * When and how often a failed run is retried. The pause before retry `n` is random, at most `minBackoff · 2^(n - 1)` and at most
 * `maxBackoff`.
 *
 * Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export interface RetryPolicy {
  /** The longest pause before the first retry. From 0 to 7 days, default 1 s, or a shorter `maxBackoff`. */
  readonly minBackoff?: Duration;
  /** The longest pause before any retry. From 0 to 7 days, default 10 minutes, or a longer `minBackoff`. */
  readonly maxBackoff?: Duration;
  /** How many retries follow the first attempt before the run has failed. From 0 to 1 000, default 3. */
  readonly maxRetries?: number;
}

/** A function that does a job's work. The attempt fails if the function throws or its promise rejects. */
export type JobHandler = (context: CronContext) => unknown;

/** The options of a job other than its times and its work. */
export interface JobTiming {
  /** A name of the job for people. Default the id. */
  readonly title?: string;
  /** The IANA time zone in which the job's times are read, such as `Europe/Berlin`. Default `UTC`. */
  readonly timeZone?: string;
  /** What happens when the job is due while a run is not done. Default `skip`. */
  readonly overlap?: Overlap;
  /** What happens to instants at which no process could fire the job. Default `skip`. */
  readonly missed?: Missed;
  /** The longest random delay of each run after its instant. At most 1 day, default 0. */
  readonly jitter?: Duration;
  /** How long an attempt may take before it fails and `ctx.signal` aborts. Default 1 hour, at most 7 days. */
  readonly timeout?: Duration;
  /** How failed runs are retried. Default: not at all. */
  readonly retryPolicy?: RetryPolicy;
}

/** The times of a job: either `every` or `schedule`. */
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

/** The work of a job: either `handler` or `endpoint`. */
export type JobWork =
  | {
      /** The function that does the work. */
      readonly handler: JobHandler;
      readonly endpoint?: never;
    }
  | {
      /** An endpoint without parameters, called as a function. */
      readonly endpoint: () => Promise<unknown>;
      readonly handler?: never;
    };

/** All options of a cron job. */
export type CronJobOptions = JobTiming & JobTimes & JobWork;
