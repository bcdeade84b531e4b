import { Topic } from "@twinloop/pubsub";
import type { OrderId } from "./order.ts";

/** The message that an order was placed. */
export interface OrderPlaced {
  order: OrderId;
}

/** Orders that were placed; each is handled once, because its handler's changes commit with the note that it was. */
export const orders = new Topic<OrderPlaced>("orders", { deliveryGuarantee: "exactly-once" });
