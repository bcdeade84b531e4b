import type { Int, Max, MaxLen, Min, MinLen } from "@twinloop/api";

/** The number of an order. */
export type OrderId = number & Int & Min<1>;

/** What a caller orders. */
export interface Wish {
  item: string & MinLen<1> & MaxLen<80>;
  count: number & Int & Min<1> & Max<1000>;
}

/** An order as callers see it. */
export interface Order {
  id: OrderId;
  item: string;
  count: number & Int;
  state: "placed" | "fulfilled";
  placedAt: Date;
}
