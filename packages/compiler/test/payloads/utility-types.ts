import { api } from "@twinloop/api";
import type {
  CamelCasedPropertiesDeep,
  JsonObject,
  JsonValue,
  Merge,
  PartialDeep,
  RequireAtLeastOne,
  SetRequired,
  Simplify,
  Tagged,
} from "type-fest";

interface Order {
  order_id: Tagged<string, "OrderId">;
  line_items: { unit_price: number; sku_code?: string }[];
  note?: string;
}

export const json = api(
  { path: "/json" },
  async (value: { value: JsonValue; object: JsonObject }): Promise<void> => void value,
);

export const camelOrder = api(
  { path: "/camelOrder" },
  async (value: CamelCasedPropertiesDeep<Order>): Promise<void> => void value,
);

export const partialOrder = api(
  { path: "/partialOrder" },
  async (value: PartialDeep<Order>): Promise<void> => void value,
);

export const merged = api(
  { path: "/merged" },
  async (value: Merge<Order, { note: number }>): Promise<void> => void value,
);

export const atLeastOne = api(
  { path: "/atLeastOne" },
  async (value: RequireAtLeastOne<{ email?: string; phone?: string }>): Promise<void> => void value,
);

export const noted = api(
  { path: "/noted" },
  async (value: Simplify<SetRequired<Order, "note">>): Promise<void> => void value,
);
