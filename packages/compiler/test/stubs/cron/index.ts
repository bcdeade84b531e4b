import type { CronJobOptions } from "../../../../cron/src/options.ts";

export declare class CronJob {
  constructor(id: string, options: CronJobOptions);
}
