import { TwinloopError } from "@twinloop/core-native";
import { Fault, toFault, type EmbeddedCode } from "./fault.ts";

/**
 * The embedded server could not be found, prepared or started.
 *
 * Shape:  `code` is an `EmbeddedCode`; the message says what happened, where, and what to do.
 */
export class EmbeddedError extends TwinloopError {
  declare readonly code: EmbeddedCode;

  constructor(code: EmbeddedCode, message: string, cause?: unknown) {
    super(code, message, cause === undefined ? {} : { cause });
  }

  /** The error for whatever was thrown while the server was sought or started. */
  static from(thrown: unknown): EmbeddedError {
    const { code, message, cause } =
      thrown instanceof Fault ? thrown : toFault(thrown, "embedded_start_failed");
    return new EmbeddedError(code, message, cause);
  }
}
