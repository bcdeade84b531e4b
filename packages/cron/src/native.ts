import { ComponentNumber, port } from "@twinloop/core-native/internal";
import { toCronError } from "./error.ts";

/** The operations of the Rust component, in its order; `contract/cases/cron/operations.json` is what both are tested against. */
export const Operation = {
  check: 1,
  open: 2,
  serve: 3,
  drain: 4,
  close: 5,
  trigger: 6,
  nextRuns: 7,
  pause: 8,
  resume: 9,
  history: 10,
  stats: 11,
  preview: 12,
} as const;

/**
 * Runs one operation.
 *
 * Shape:  its arguments, as JSON can carry them -> its parsed result.
 * Errors: `CronError`, whose stack names the caller.
 */
export async function call<T>(operation: number, argument: unknown): Promise<T> {
  const { text, failed } = await new Promise<{ text: string; failed: boolean }>((resolve) => {
    port().ask(ComponentNumber.Cron, operation, JSON.stringify(argument), (text, failed) =>
      resolve({ text, failed }),
    );
  });
  if (failed) throw toCronError(text);
  return JSON.parse(text) as T;
}
