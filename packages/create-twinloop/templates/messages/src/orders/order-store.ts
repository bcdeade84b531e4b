import { sql, type Transaction } from "@twinloop/sqldb";
import { db } from "../database.ts";
import type { Order, Wish } from "./order.ts";

const ORDER = sql`id, item, count, state, placed_at as "placedAt"`;

/** Adds an order as part of a transaction. */
export async function addOrder(tx: Transaction, { item, count }: Wish): Promise<Order> {
  const order = await tx.queryRow<Order>`
    insert into orders (item, count) values (${item}, ${count}) returning ${ORDER}`;
  return order!;
}

/** Finds an order; `null` when there is none with this number. */
export function findOrder(id: number): Promise<Order | null> {
  return db.queryRow<Order>`select ${ORDER} from orders where id = ${id}`;
}

/** Removes orders that were fulfilled more than 30 days ago; gives their number. */
export function removeOldOrders(): Promise<number> {
  return db.exec`delete from orders where state = 'fulfilled' and placed_at < now() - interval '30 days'`;
}
