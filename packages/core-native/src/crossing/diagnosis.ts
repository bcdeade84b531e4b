import { primitive, type Primitive } from "./primitive.ts";

const OPERATIONS = ["stats", "check", "checkRequest"] as const;

/** An operation of the Rust half that this package calls. */
export type DiagnosisOperation = (typeof OPERATIONS)[number];

/** The component that answers questions about the runtime, and runs the validator on demand. */
export const diagnosis: Primitive<DiagnosisOperation> = primitive({
  name: "diagnosis",
  from: import.meta.url,
  operations: OPERATIONS,
});
