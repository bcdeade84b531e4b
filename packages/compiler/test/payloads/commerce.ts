import { api } from "@twinloop/api";
import type { CreateOrderRequestBody, OrderResponseBody, PurchaseUnit } from "@paypal/paypal-js";

export const paypalCreateOrder = api(
  { path: "/paypalCreateOrder" },
  async (value: CreateOrderRequestBody): Promise<void> => void value,
);

export const paypalOrder = api(
  { path: "/paypalOrder" },
  async (value: OrderResponseBody): Promise<void> => void value,
);

export const paypalUnit = api(
  { path: "/paypalUnit" },
  async (value: PurchaseUnit): Promise<void> => void value,
);
