import { registerComponent } from "./component.ts";
import { CronError } from "./error.ts";
import type { CronOperation } from "./native.ts";
import type { CronJobOptions } from "./options.ts";
import { jobs, type DeclaredJob } from "./registry.ts";
import { readRun, type CronRun, type WrittenRun } from "./cron-run.ts";
import { callJob } from "./scheduler.ts";
import { jobSettings } from "./settings.ts";

/** Counters of a job in this process, since the process opened the job. */
export interface CronStats {
  /** How many runs have begun their first attempt. */
  readonly started: number;
  /** How many runs ended with a handler that returned. */
  readonly succeeded: number;
  /** How many runs ended with their last attempt failed or timed out. */
  readonly failed: number;
  /** How many runs ended because the app stopped. */
  readonly interrupted: number;
  /** How many attempts were made after the first of their run. */
  readonly retried: number;
  /** How many runs did not begin because other runs were not done. */
  readonly skipped: number;
  /** How many instants were missed and got no run. */
  readonly missed: number;
}

/**
 * A job that runs at scheduled times, once per fleet. Declare each job once, at module level.
 *
 * Shape:  an id that must not change, since history and leases go by it, and options.
 * Errors: `start()` reports all problems with the options, in one `StartError`.
 * Example: `new CronJob("roll-up", { every: "1h", handler: async (ctx) => { … } });`
 */
export class CronJob {
  /** The id, by which the history and the fleet's ledger know the job. */
  readonly id: string;
  /** The title, for people; the id where the options give none. */
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
   * Runs the job now, in this process, paused or not. Resolves when the run has ended.
   *
   * Errors: `CronError` with the code of the last attempt's error, or with the reason why the run did not begin.
   */
  async trigger(): Promise<void> {
    await this.#call("trigger");
  }

  /** The job's next instants without jitter, as if the job were not paused: `count` (default 5, at most 1 000). */
  async nextRuns(count = 5): Promise<Date[]> {
    const next = await this.#call<number[]>("nextRuns", whole("nextRuns", count));
    return next.map((ms) => new Date(ms));
  }

  /** Stops the job from firing; with a database in all processes, and across restarts. Runs that have begun go on. */
  async pause(): Promise<void> {
    await this.#call("pause");
  }

  /** Lets a paused job fire again. Instants during the pause do not count as missed. */
  async resume(): Promise<void> {
    await this.#call("resume");
  }

  /** The job's last runs, newest first: at most `limit` (default 20). The history keeps 100 ended runs. */
  async history({ limit = 20 }: { readonly limit?: number } = {}): Promise<CronRun[]> {
    const runs = await this.#call<WrittenRun[]>("history", whole("history", limit));
    return runs.map(readRun);
  }

  /** The job's counters in this process. */
  stats(): Promise<CronStats> {
    return this.#call("stats");
  }

  #call<T>(operation: CronOperation, ...more: readonly number[]): Promise<T> {
    return callJob<T>(this.#declared, operation, ...more);
  }
}

function whole(of: string, count: number): number {
  if (Number.isInteger(count) && count >= 0) return count;
  throw new CronError("invalid_argument", `${of} takes a whole number, and was given ${String(count)}`);
}
