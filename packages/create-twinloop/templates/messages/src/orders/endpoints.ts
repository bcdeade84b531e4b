import { api, APIError, type HttpStatus } from "@twinloop/api";
import { db } from "../database.ts";
import type { Order, OrderId, Wish } from "./order.ts";
import { addOrder, findOrder } from "./order-store.ts";
import { orders } from "./topic.ts";

/** Places an order: kept and published in one transaction, fulfilled soon after. */
export const place = api(
  { expose: true, method: "POST", path: "/orders" },
  (wish: Wish): Promise<Order & { status: HttpStatus }> =>
    db.transaction(async (tx) => {
      const order = await addOrder(tx, wish);
      await orders.publish({ order: order.id }, { tx });
      return { ...order, status: 202 };
    }),
);

/** Gives one order. */
export const get = api(
  { expose: true, method: "GET", path: "/orders/:id" },
  async ({ id }: { id: OrderId }): Promise<Order> => {
    const order = await findOrder(id);
    if (order === null) throw APIError.notFound(`there is no order ${id}`);
    return order;
  },
);
