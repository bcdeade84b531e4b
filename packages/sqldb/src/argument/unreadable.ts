import { SQLError } from "../error.ts";

/**
 * The error for an argument that threw while it was read: by a getter, a `toJSON`, a proxy, or nesting that is too
 * deep.
 *
 * Shape: `invalid_parameter` with the thrown value as its cause; an `SQLError` is returned unchanged.
 */
export function unreadable(what: string, thrown: unknown): SQLError {
  if (thrown instanceof SQLError) return thrown;
  return new SQLError("invalid_parameter", `${what} cannot be read: ${reason(thrown)}`, {}, thrown);
}

/** Reads a value that the caller passed. Errors: what `read` throws, as `unreadable` converts it. */
export function reading<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    throw unreadable(what, thrown);
  }
}

/** Runs a function that returns a promise; an error thrown synchronously becomes a rejection. */
export function promised<T>(work: () => Promise<T>): Promise<T> {
  try {
    return work();
  } catch (error) {
    return Promise.reject(error);
  }
}

/** The kind of a value, for a message, such as `an array`. Never throws. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  try {
    return Array.isArray(value) ? "an array" : typeof value;
  } catch {
    return "a revoked proxy";
  }
}

/** The text of a thrown value. Any value can be thrown, and reading its text may throw again. */
function reason(thrown: unknown): string {
  try {
    return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  } catch {
    return "the thrown value cannot be converted to text";
  }
}
