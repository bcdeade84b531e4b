import { Operation } from "@twinloop/core-native/internal";

/** What a handler is told about its run, beside `signal`, `stopping`, `log` and `trace`. */
export class CronContext extends Operation {
  readonly jobId: string;
  /** The instant that it runs for, or when it was triggered: the same at every attempt. */
  readonly scheduledAt: Date;
  /** 1 for the first. */
  readonly attempt: number;

  constructor(id: number, jobId: string, scheduledAtMs: number, attempt: number) {
    super(id);
    this.jobId = jobId;
    this.scheduledAt = new Date(scheduledAtMs);
    this.attempt = attempt;
  }
}
