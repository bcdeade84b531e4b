import { EmbeddedError } from "@twinloop/sqldb/internal";
import { toFault } from "./fault.ts";

/** Converts what was thrown while the server was prepared or started. */
export function toEmbeddedError(thrown: unknown): EmbeddedError {
  if (thrown instanceof EmbeddedError) return thrown;
  const { code, message, cause } = toFault(thrown, "embedded_start_failed");
  return new EmbeddedError(code, message, cause);
}
