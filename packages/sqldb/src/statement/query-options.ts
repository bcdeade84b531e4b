import { SQLError } from "../error.ts";
import { kindOf, reading } from "../argument/unreadable.ts";

/** Options of one query. */
export interface QueryOptions {
  /** Aborts the query: it is cancelled in the server and fails with `canceled`. */
  readonly signal?: AbortSignal | undefined;
  /** The time limit in milliseconds. Default: the database's `queryTimeout`. */
  readonly timeout?: number | undefined;
}

/** The longest timer in milliseconds: 24 days. */
const MOST_MS = 2_147_483_647;

/** Reads an option in whole milliseconds; `Infinity` becomes the longest timer. */
export function milliseconds(name: string, value: number): number {
  if (value === Infinity) return MOST_MS;
  if (typeof value === "number" && value >= 0 && value <= MOST_MS) return Math.ceil(value);
  throw new SQLError(
    "invalid_parameter",
    `${name} is a number of milliseconds from 0 to ${MOST_MS}, or Infinity, not ${shown(value)}`,
  );
}

/** A value as messages print it. */
export function shown(value: unknown): string {
  return typeof value === "number" || typeof value === "string" ? JSON.stringify(value) : kindOf(value);
}

const NO_OPTIONS: QueryOptions = {};

/**
 * Reads the options of a query, each once: the signal, the time limit, and those named `others`.
 *
 * Errors: `invalid_parameter`, also for a property that throws when it is read.
 */
export function queryOptions<O extends QueryOptions>(
  options: O | null | undefined,
  others: readonly (keyof O)[] = [],
): O {
  if (options === null || options === undefined || options === NO_OPTIONS) return NO_OPTIONS as O;
  const message = "the options of a query are an object, whose signal is an AbortSignal";
  if (typeof options !== "object") throw new SQLError("invalid_parameter", message);
  return reading("an option of a query", () => {
    const { signal, timeout } = options;
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw new SQLError("invalid_parameter", message);
    }
    const read = { signal, timeout } as O;
    for (const name of others) read[name] = options[name];
    return read;
  });
}

/** Fails where the signal was aborted before anything was sent. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal || !reading("the signal of a query", () => signal.aborted)) return;
  const message = "the query was aborted by its caller (AbortSignal) before it was sent";
  throw new SQLError("canceled", message, {}, signal.reason);
}
