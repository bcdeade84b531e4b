import { primitive, type Primitive } from "@twinloop/core-native/internal";
import { toCronError } from "./error.ts";

const OPERATIONS = [
  "check",
  "open",
  "serve",
  "drain",
  "close",
  "trigger",
  "nextRuns",
  "pause",
  "resume",
  "history",
  "stats",
  "preview",
  "openLedger",
  "askLedger",
  "closeLedger",
] as const;

/** An operation of the Rust half that this package calls. */
export type CronOperation = (typeof OPERATIONS)[number];

/** The Rust half of cron. */
export const native: Primitive<CronOperation> = primitive({
  name: "cron",
  from: import.meta.url,
  operations: OPERATIONS,
  toError: toCronError,
});
