import { primitive, type Primitive } from "@twinloop/core-native/internal";

/**
 * The names of the operations in the Rust half, by which `primitive` finds their numbers. `crates/api/src/component.rs` says
 * what each takes and gives.
 */
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

/** The HTTP edge, which is in Rust: calls of its operations, and the jobs that it gives to this isolate. */
export const native: Primitive<ApiOperation> = primitive({
  name: "api",
  from: import.meta.url,
  operations: OPERATIONS,
});
