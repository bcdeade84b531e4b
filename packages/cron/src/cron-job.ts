import { registerComponent } from "./component.ts";
import { CronError } from "./error.ts";
import { call, Operation } from "./native.ts";
import type { CronJobOptions } from "./options.ts";
import { jobs, type DeclaredJob } from "./registry.ts";
import { connect } from "./scheduler.ts";
import { jobSettings } from "./settings.ts";

/** How a run stands, or how it has ended. */
export type Outcome = "waiting" | "running" | "succeeded" | "failed" | "timedOut" | "interrupted" | "skipped";

/** A run of a job. */
export interface CronRun {
  /** Its number among all runs of all jobs. */
  readonly id: number;
  /** The instant that it is for, or when it was triggered. */
  readonly scheduledAt: Date;
  /** `null` before it has begun. */
  readonly startedAt: Date | null;
  /** `null` before it has ended. */
  readonly finishedAt: Date | null;
  readonly outcome: Outcome;
  /** How often a handler has begun with it. */
  readonly attempts: number;
  /** Code and message; `null` for what has not failed. */
  readonly error: string | null;
  /** Machine and process, as `host/pid`. */
  readonly place: string;
  /** Triggered, and not by the clock. */
  readonly manual: boolean;
}

/** What this process has done with a job since it opened it. */
export interface CronStats {
  readonly started: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly interrupted: number;
  readonly retried: number;
  /** Not begun, because other runs were not done. */
  readonly skipped: number;
  /** Instants that nobody could fire at and that are not made up for. */
  readonly missed: number;
}

/** A run as Rust writes it: times in ms since 1970. */
type WrittenRun = Omit<CronRun, "scheduledAt" | "startedAt" | "finishedAt"> & {
  readonly scheduledAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
};

/**
 * A job that runs at times, once per fleet. Declare it once, at module level.
 *
 * Shape:  an id that it keeps, since its history and its leases go by it, and options.
 * Errors: what is wrong with the options is told by `start()`, together with all else.
 * Example: `new CronJob("roll-up", { every: "1h", handler: async (ctx) => { … } });`
 */
export class CronJob {
  readonly id: string;
  readonly title: string;
  readonly #declared: DeclaredJob;

  constructor(id: string, options: CronJobOptions) {
    registerComponent();
    const { settings, problems } = jobSettings(id, options);
    const { title, handler, endpoint } = options ?? {};
    this.id = id;
    this.title = title ?? id;
    this.#declared = { id, settings, problems, handler: handler ?? ((): unknown => endpoint?.()) };
    jobs.push(this.#declared);
  }

  /**
   * Runs it now, in this process, paused or not, and resolves when the run is done.
   *
   * Errors: `CronError`, with what the handler has thrown at the last attempt, or why it was not begun.
   */
  async trigger(): Promise<void> {
    await this.#call(Operation.trigger);
  }

  /** Its next instants, at most 1 000; jitter comes on top of them. Paused or not. */
  async nextRuns(count = 5): Promise<Date[]> {
    const next = await this.#call<number[]>(Operation.nextRuns, whole("nextRuns", count));
    return next.map((ms) => new Date(ms));
  }

  /** From now on it does not fire, in no process where there is a database; what runs goes on. Stays so over restarts. */
  async pause(): Promise<void> {
    await this.#call(Operation.pause);
  }

  /** It fires again. Instants in between are not made up for. */
  async resume(): Promise<void> {
    await this.#call(Operation.resume);
  }

  /** Its last runs, the newest first: at most `limit` of them (default 20). 100 that have ended are kept. */
  async history({ limit = 20 }: { readonly limit?: number } = {}): Promise<CronRun[]> {
    const runs = await this.#call<WrittenRun[]>(Operation.history, whole("history", limit));
    return runs.map(readRun);
  }

  /** What this process has done with it. */
  stats(): Promise<CronStats> {
    return this.#call(Operation.stats);
  }

  async #call<T>(operation: number, ...more: readonly number[]): Promise<T> {
    const open = await connect();
    const number = open.jobs.indexOf(this.#declared);
    if (number < 0) {
      throw new CronError(
        "failed_precondition",
        `the cron job "${this.id}" was declared after the jobs were opened: declare it at the top level of a module`,
      );
    }
    return call<T>(operation, [open.number, number, ...more]);
  }
}

function readRun({ scheduledAt, startedAt, finishedAt, ...rest }: WrittenRun): CronRun {
  return {
    scheduledAt: new Date(scheduledAt),
    startedAt: startedAt === null ? null : new Date(startedAt),
    finishedAt: finishedAt === null ? null : new Date(finishedAt),
    ...rest,
  };
}

function whole(of: string, count: number): number {
  if (Number.isInteger(count) && count >= 0) return count;
  throw new CronError("invalid_argument", `${of} takes a whole number, and was given ${String(count)}`);
}
