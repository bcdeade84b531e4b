import { TwinloopError } from "@twinloop/core-native";

/**
 * The error of a cron run that failed, or of an operation on a cron job.
 *
 * Errors: `trigger()` rejects with the code of the error that the handler threw, `deadline_exceeded` (the handler's `timeout`),
 *         `failed_precondition` (other runs are not done, or the app is stopping), `canceled` (the app stopped meanwhile) or
 *         `aborted` (another process took the run over). All operations may reject with `unavailable` (the database cannot be
 *         reached), `failed_precondition` or `internal`. The operations of `openAdmin()` may also reject with `not_found` (the
 *         ledger has no such job) and their `trigger()` with `unavailable` (no process has taken the run).
 */
export class CronError extends TwinloopError {}

/** Parses an error that Rust sent as JSON `{code, message, details?}`. */
export function toCronError(failure: string): CronError {
  const { code, message, details } = JSON.parse(failure) as {
    code: string;
    message: string;
    details?: { readonly code?: string };
  };
  return new CronError(details?.code ?? code, message);
}
