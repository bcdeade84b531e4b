import { TwinloopError } from "@twinloop/core-native";

/**
 * A run that failed, or an operation on a job that did.
 *
 * Shape:  of `trigger()`: the code of what the handler has thrown, `deadline_exceeded` after its `timeout`,
 *         `failed_precondition` (not begun, because other runs are not done or the app stops), `canceled` (the app stopped
 *         meanwhile), `aborted` (another process has it by now); otherwise `unavailable` (the database cannot be reached),
 *         `failed_precondition`, `internal`.
 */
export class CronError extends TwinloopError {}

/** Reads an error that crossed from Rust. */
export function toCronError(failure: string): CronError {
  const { code, message, details } = JSON.parse(failure) as {
    code: string;
    message: string;
    details?: { readonly code?: string };
  };
  return new CronError(details?.code ?? code, message);
}
