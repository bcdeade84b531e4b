import { api, authHandler, Gateway, type Header } from "@twinloop/api";
import type { StartOptions } from "@twinloop/core-native";
import type { SchemaRequest } from "./twinloop.ts";

/** The caller that brings the token: found by JavaScript once and then in Rust's cache. */
export const bearer = authHandler<{ authorization: Header<"authorization"> }, { userID: string }>(
  async ({ authorization }) => (authorization === "Bearer bench" ? { userID: "bench" } : null),
  { cache: { ttl: "10m" } },
);

export const gateway = new Gateway({ authHandler: bearer });

/** hello behind every policy and for known callers alone. */
export const governedHello = api(
  { expose: true, method: "GET", path: "/governed/hello", auth: true },
  async (): Promise<{ message: string }> => ({ message: "Hello, World!" }),
);

/** schema behind every policy and for known callers alone. */
export const governedSchema = api(
  { expose: true, method: "POST", path: "/governed/schema", auth: true },
  async ({ name = "World", excitement = 0 }: SchemaRequest): Promise<{ message: string }> => ({
    message: `Hello ${name}! ${excitement}`,
  }),
);

/** What the governed server starts with; the limit is one that the load does not reach. */
export const OPTIONS: StartOptions = {
  cors: { allowOriginsWithCredentials: ["https://app.example.com"] },
  compression: true,
  rateLimit: { limit: 1_000_000_000, window: "1m", key: "address" },
};
