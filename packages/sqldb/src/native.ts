import { ComponentNumber, port, requireAbi } from "@twinloop/core-native/internal";
import { toSQLError } from "./error.ts";

requireAbi("@twinloop/sqldb", 2);

/** The operations of the Rust component, in its order; `contract/cases/sqldb/operations.json` is what both are tested against. */
export const Operation = {
  open: 1,
  query: 2,
  cancel: 3,
  acquire: 4,
  release: 5,
  script: 6,
  stream: 7,
  next: 8,
  endStream: 9,
  listen: 10,
  notifications: 11,
  unlisten: 12,
  copyIn: 13,
  copyWrite: 14,
  copyEnd: 15,
  copyOut: 16,
  copyRead: 17,
  counts: 18,
  close: 19,
  ping: 20,
  rotate: 21,
} as const;

let lastToken = 0;

/** A number by which an operation of this isolate can be given up. */
export function newToken(): number {
  return (lastToken = (lastToken % 0x7fff_ffff) + 1);
}

interface Answer {
  readonly text: string;
  readonly failed: boolean;
}

function ask(operation: number, argument: string): Promise<Answer> {
  return new Promise((resolve) => {
    port().ask(ComponentNumber.Sqldb, operation, argument, (text, failed) => resolve({ text, failed }));
  });
}

/**
 * Runs one operation.
 *
 * Shape:  the JSON text of its arguments -> the text of its result.
 * Errors: `SQLError`; one that was given up through `signal` has the signal's reason as its cause.
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
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    const { text, failed } = await ask(operation, argument);
    if (failed) throw toSQLError(text, signal.aborted ? signal.reason : undefined);
    return text;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

/** Hands bytes to Rust and returns their number. */
export function putBlob(bytes: Uint8Array): number {
  return port().putBlob(bytes);
}

/** Takes bytes that Rust has left under a number. */
export function takeBlob(number: number): Buffer {
  return port().takeBlob(number) ?? Buffer.alloc(0);
}
