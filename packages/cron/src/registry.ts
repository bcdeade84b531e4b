import type { Problem } from "@twinloop/core-native";
import type { JobHandler } from "./options.ts";
import type { JobSettings } from "./settings.ts";

/** A cron job as it was declared in this isolate. */
export interface DeclaredJob {
  readonly id: string;
  readonly settings: JobSettings;
  readonly handler: JobHandler;
  readonly problems: readonly Problem[];
}

/** The cron jobs of this isolate, in the order of their declaration. */
export const jobs: DeclaredJob[] = [];
