import { primitive, type Primitive, requireAbi, type Answer } from "@twinloop/core-native/internal";
import { toSQLError } from "./error.ts";
import { reading } from "./argument/unreadable.ts";

requireAbi("@twinloop/sqldb", 7);

const OPERATIONS = [
  "open",
  "query",
  "cancel",
  "acquire",
  "release",
  "events",
  "stream",
  "next",
  "endStream",
  "listen",
  "notifications",
  "unlisten",
  "copyIn",
  "copyWrite",
  "copyEnd",
  "copyOut",
  "copyRead",
  "counts",
  "close",
  "ping",
  "rotate",
  "abandon",
  "setUp",
  "hear",
  "answer",
] as const;

/** The name of an operation of the Rust component that this package calls. */
export type SqldbOperation = (typeof OPERATIONS)[number];

/** The Rust component `sqldb`, which speaks to PostgreSQL. */
export const native: Primitive<SqldbOperation> = primitive({
  name: "sqldb",
  from: import.meta.url,
  operations: OPERATIONS,
});

/** The numbers of the operations, resolved once so that no statement looks up a name. */
export const Operation: Readonly<Record<SqldbOperation, number>> = native.operation;

let lastToken = 0;

/** A new number by which an operation of this isolate can be cancelled. */
export function newToken(): number {
  return (lastToken = (lastToken % 0x7fff_ffff) + 1);
}

/** Runs one operation and returns its failure as a value, which `toSQLError` reads. */
export function ask(operation: number, argument: string): Promise<Answer> {
  return native.ask(operation, argument);
}

/**
 * Runs one operation that may be cancelled, and returns its failure as a value. Without a signal that is `ask` itself, which saves an
 * async function for each small query.
 *
 * Errors: as `call`, where there is a signal.
 */
export function answerOf(
  operation: number,
  argument: string,
  token: number,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  if (!signal) return ask(operation, argument);
  return call(operation, argument, token, signal).then((text) => ({ text, failed: false }));
}

/**
 * Runs one operation.
 *
 * Shape:  the JSON text of its arguments -> the text of its result.
 * Errors: `SQLError`; an operation that was aborted through `signal` has the signal's reason as its cause.
 */
export async function call(
  operation: number,
  argument: string,
  token = 0,
  signal?: AbortSignal,
): Promise<string> {
  if (!signal) {
    const { text, failed } = await ask(operation, argument);
    if (failed) throw toSQLError(text);
    return text;
  }
  const giveUp = (): void => {
    void ask(Operation.cancel, String(token));
  };
  reading("the signal of a query", () => signal.addEventListener("abort", giveUp, { once: true }));
  const { text, failed } = await ask(operation, argument);
  const cause = leave(signal, giveUp);
  if (failed) throw toSQLError(text, cause);
  return text;
}

/**
 * Removes the abort listener and returns the reason of an abort. Errors of the signal itself are ignored, because the
 * answer is there.
 */
function leave(signal: AbortSignal, giveUp: () => void): unknown {
  try {
    signal.removeEventListener("abort", giveUp);
    return signal.aborted ? (signal.reason as unknown) : undefined;
  } catch {
    return undefined;
  }
}
