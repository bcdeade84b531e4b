/**
 * Scheduled jobs that fire once per fleet, in their own time zone, driven by Rust.
 *
 * @packageDocumentation
 */
import { requireAbi } from "@twinloop/core-native/internal";

requireAbi("@twinloop/cron", 7);

export { log, onShutdown, start, stop } from "@twinloop/core-native";
export { CronContext } from "./cron-context.ts";
export { CronJob, type CronStats } from "./cron-job.ts";
export type { CronRun, Outcome } from "./cron-run.ts";
export { CronError } from "./error.ts";
export type {
  CronJobOptions,
  JobHandler,
  JobTimes,
  JobTiming,
  JobWork,
  Missed,
  Overlap,
  RetryPolicy,
} from "./options.ts";
