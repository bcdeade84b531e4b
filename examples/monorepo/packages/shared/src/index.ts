import type { Int, Max, MaxLen, Min } from "@twinloop/api";

/** An item of a cart. Server and front end share the type; the server's Rust half checks it. */
export interface Item {
  name: string & MaxLen<80>;
  cents: number & Int & Min<1>;
  count: number & Int & Min<1> & Max<99>;
}

/** A cart as it is priced. */
export interface Price {
  cents: number & Int;
  shipping: "free" | "paid";
}

/** Prices a cart. Both sides run the same code, so that what is shown is what is charged. */
export function priceOf(items: readonly Item[]): Price {
  const goods = items.reduce((sum, { cents, count }) => sum + cents * count, 0);
  return goods >= 5_000 ? { cents: goods, shipping: "free" } : { cents: goods + 490, shipping: "paid" };
}
