import { api, APIError, start } from "@twinloop/api";
import { priceOf, type Item, type Price } from "@shop/shared";

/** Places an order at the price that the caller has seen. */
export const order = api(
  { expose: true, method: "POST", path: "/orders" },
  async ({ items, seen }: { items: Item[]; seen: Price }): Promise<{ charged: Price }> => {
    const charged = priceOf(items);
    if (charged.cents !== seen.cents) throw APIError.failedPrecondition(`the price is ${charged.cents}`);
    return { charged };
  },
);

await start();
