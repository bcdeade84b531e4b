import { primitive, type Primitive } from "@twinloop/core-native/internal";

const OPERATIONS = [
  "listen",
  "drain",
  "retire",
  "announce",
  "join",
  "authenticated",
  "forget",
  "rotateCookies",
  "exchange",
  "readAnswer",
  "cutExchange",
  "advanceClock",
] as const;

/** An operation of the Rust half that this package calls. */
export type ApiOperation = (typeof OPERATIONS)[number];

/** The HTTP edge, which is in Rust. */
export const native: Primitive<ApiOperation> = primitive({
  name: "api",
  from: import.meta.url,
  operations: OPERATIONS,
});
