import { TwinloopError } from "@twinloop/core-native";

/**
 * The error of a metric that cannot be, or of a value that it cannot take.
 *
 * Shape: `code` is `invalid_argument` for a name, label or value that cannot be, `failed_precondition` for a name that another
 *        definition has.
 */
export class MetricError extends TwinloopError {}

/** Makes the error of a wrong name, label or value. */
export function refused(message: string): MetricError {
  return new MetricError("invalid_argument", message);
}
