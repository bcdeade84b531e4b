import { CronJob } from "@twinloop/cron";
import { removeOldOrders } from "./order-store.ts";

/** Removes old orders each night, in one of the app's processes. */
export const cleanUp = new CronJob("clean-up-orders", {
  title: "Remove old orders",
  schedule: "30 3 * * *",
  timeZone: "UTC",
  handler: async (ctx) => ctx.log.info("removed old orders", { count: await removeOldOrders() }),
});
