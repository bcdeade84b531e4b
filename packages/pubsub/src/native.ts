import { primitive, type Primitive } from "@twinloop/core-native/internal";
import { toPubsubError } from "./error.ts";

/** The operations that this package calls, by their names; the addon tells their numbers. */
const OPERATIONS = [
  "open",
  "publish",
  "publishBatch",
  "subscribe",
  "drain",
  "close",
  "pause",
  "resume",
  "depth",
  "stats",
  "deadLetters",
  "redrive",
  "purge",
  "inbox",
  "advance",
  "settle",
  "published",
  "operate",
  "awaitResult",
  "tellProgress",
] as const;

/** An operation of the Rust half that this package calls. */
export type PubsubOperation = (typeof OPERATIONS)[number];

/** The Rust half of pubsub. */
export const native: Primitive<PubsubOperation> = primitive({
  name: "pubsub",
  from: import.meta.url,
  operations: OPERATIONS,
  toError: toPubsubError,
});
