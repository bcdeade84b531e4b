import { Subscription } from "@twinloop/pubsub";
import { orders } from "./topic.ts";

/** Fulfils orders in the background; one that fails is tried again, up to five times. */
export const fulfil = new Subscription(orders, "fulfil", {
  retryPolicy: { minBackoff: "1s", maxBackoff: "1m", maxRetries: 5 },
  handler: async ({ order }, ctx) => {
    await ctx.tx.exec`update orders set state = 'fulfilled' where id = ${order}`;
    ctx.log.info("fulfilled an order", { order });
  },
});
