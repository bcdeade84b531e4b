import type { Problem } from "@twinloop/core-native";
import type { JobHandler } from "./options.ts";
import type { JobSettings } from "./settings.ts";

/** A cron job as it was declared in this isolate. */
export interface DeclaredJob {
  /** The job's id, unique in the app. */
  readonly id: string;
  /** The job's options with all defaults. */
  readonly settings: JobSettings;
  /** The handler, or a call of the job's endpoint. */
  readonly handler: JobHandler;
  /** What is wrong with the options; `start()` reports it. */
  readonly problems: readonly Problem[];
}

/** The cron jobs of this isolate, in the order of their declaration. */
export const jobs: DeclaredJob[] = [];
