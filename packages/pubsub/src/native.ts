import { ComponentNumber, port } from "@twinloop/core-native/internal";
import { toPubsubError } from "./error.ts";

/** The operations of the Rust component, in its order; `contract/cases/pubsub/operations.json` is what both are tested against. */
export const Operation = {
  open: 1,
  publish: 2,
  publishBatch: 3,
  subscribe: 4,
  drain: 5,
  close: 6,
  pause: 7,
  resume: 8,
  depth: 9,
  stats: 10,
  deadLetters: 11,
  redrive: 12,
  purge: 13,
  inbox: 14,
  advance: 15,
  settle: 16,
  published: 17,
} as const;

/**
 * Runs one operation.
 *
 * Shape:  the JSON text of its arguments -> its parsed result, `undefined` for an empty one.
 * Errors: `PubsubError`, whose stack names the caller.
 */
export async function call<T>(operation: number, argument: string): Promise<T> {
  const { text, failed } = await new Promise<{ text: string; failed: boolean }>((resolve) => {
    port().ask(ComponentNumber.Pubsub, operation, argument, (text, failed) => resolve({ text, failed }));
  });
  if (failed) throw toPubsubError(text);
  return (text === "" ? undefined : JSON.parse(text)) as T;
}
