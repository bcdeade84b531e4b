import { serviceOfDeclaration, Work } from "@twinloop/core-native/internal";
import { appMeta } from "@twinloop/core-native";

declare module "@twinloop/core-native" {
  interface OperationTypes {
    "cron-job": CronContext;
  }
}

/** The context that a cron handler is given: its run, beside the `signal`, `stopping`, `log` and `trace` of every operation. */
export class CronContext extends Work {
  /** The id that the cron job was declared with. */
  readonly jobId: string;
  /** The run's number in the job's history. */
  readonly runId: number;
  /** The scheduled instant, or the time of the trigger. Equal at every attempt of the run. */
  readonly scheduledAt: Date;
  /** The number of this attempt, from 1. */
  readonly attempt: number;

  constructor(id: number, jobId: string, [scheduledAtMs, attempt, runId]: Tick) {
    super(id);
    this.jobId = jobId;
    this.runId = runId;
    this.scheduledAt = new Date(scheduledAtMs);
    this.attempt = attempt;
  }

  override get type(): "cron-job" {
    return "cron-job";
  }

  /** The service that declares the job; the app's name outside of any service. */
  get service(): string {
    return serviceOfDeclaration({ what: "CronJob", name: this.jobId }) ?? appMeta().name;
  }

  protected override logFields(): Readonly<Record<string, unknown>> {
    const { jobId: job, runId: run, scheduledAt, attempt } = this;
    return { job, run, scheduledAt, attempt };
  }
}

/** One attempt as Rust sends it: the instant in ms since 1970 (UTC), the attempt from 1, the run's number. */
export type Tick = readonly [scheduledAtMs: number, attempt: number, runId: number];
