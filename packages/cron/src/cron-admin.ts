import type { CronRun } from "./cron-run.ts";

/** The state of a job in the fleet's ledger. */
export interface CronStanding {
  /** The job's id. */
  readonly job: string;
  /** The rule, such as `every 10m` or `30 4 * * *`; `null` if another release noted it in another form. */
  readonly due: string | null;
  /** The IANA time zone in which the rule is read; `null` with the rule. */
  readonly timeZone: string | null;
  /** Whether `pause()` keeps the job from firing, in every process. */
  readonly paused: boolean;
  /** The job's next instant, as if the job were not paused; `null` if there is none. */
  readonly next: Date | null;
  /** How many of the last 100 runs failed after the last one that succeeded. */
  readonly failures: number;
  /** The job's last run; `null` before the first. */
  readonly last: CronRun | null;
}

/** The fleet's ledger, as operators of the app use it. All processes of the app follow it. */
export interface CronAdmin {
  /** The name of the ledger's database; `null` for the ledger in this process's memory. */
  readonly database: string | null;
  /** All jobs that a process has ever started with, by id, including jobs that the app no longer has. */
  list(): Promise<CronStanding[]>;
  /** The job's last runs, newest first: at most `limit` (default 20). */
  history(job: string, options?: { readonly limit?: number }): Promise<CronRun[]>;
  /**
   * Has one process of the app run a job now, paused or not. Resolves when a process has taken the run.
   *
   * Units:  processes look every 2 s; after `timeoutMs` (default 15 000) without one the run is withdrawn.
   * Errors: `CronError` `unavailable` if no process takes the run · `not_found` for a job that the ledger does not have.
   */
  trigger(job: string, options?: { readonly timeoutMs?: number }): Promise<CronRun>;
  /** Stops a job from firing, in all processes and across restarts. Runs that have begun go on. */
  pause(job: string): Promise<void>;
  /** Lets a paused job fire again. Instants during the pause do not count as missed. */
  resume(job: string): Promise<void>;
  /** Closes the connection to the ledger. Jobs and their states stay as they are. */
  close(): Promise<void>;
}
