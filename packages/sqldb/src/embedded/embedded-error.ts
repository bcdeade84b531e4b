import { TwinloopError } from "@twinloop/core-native";

/**
 * The codes of an `EmbeddedError`.
 *
 * `embedded_missing`: the package is not installed · `embedded_unsupported`: no programs exist for this system ·
 * `embedded_denied`: a folder, file or account cannot be used · `embedded_disk_full` · `embedded_initdb_failed` ·
 * `embedded_start_failed`: the server exited before it was ready · `embedded_timeout` · `embedded_damaged`: the data
 * directory and the files beside it do not match.
 */
export type EmbeddedCode =
  | "embedded_missing"
  | "embedded_unsupported"
  | "embedded_denied"
  | "embedded_disk_full"
  | "embedded_initdb_failed"
  | "embedded_start_failed"
  | "embedded_timeout"
  | "embedded_damaged";

/**
 * The embedded server could not be found, prepared or started.
 *
 * Shape:  `code` is an `EmbeddedCode`; the message says what happened, where, and what to do next.
 */
export class EmbeddedError extends TwinloopError {
  declare readonly code: EmbeddedCode;

  constructor(code: EmbeddedCode, message: string, cause?: unknown) {
    super(code, message, cause === undefined ? {} : { cause });
  }
}
