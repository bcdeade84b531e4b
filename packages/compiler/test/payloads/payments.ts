import { api } from "@twinloop/api";
import type Stripe from "stripe";

export const customerCreate = api(
  { path: "/customerCreate" },
  async (value: Stripe.CustomerCreateParams): Promise<void> => void value,
);

export const paymentIntentCreate = api(
  { path: "/paymentIntentCreate" },
  async (value: Stripe.PaymentIntentCreateParams): Promise<void> => void value,
);

export const refundCreate = api(
  { path: "/refundCreate" },
  async (value: Stripe.RefundCreateParams): Promise<void> => void value,
);

export const stripeAddress = api(
  { path: "/stripeAddress" },
  async (value: Stripe.Address): Promise<void> => void value,
);

export const paymentMethodCreate = api(
  { path: "/paymentMethodCreate" },
  async (value: Stripe.PaymentMethodCreateParams): Promise<void> => void value,
);
