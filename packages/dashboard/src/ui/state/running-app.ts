import { signal } from "@preact/signals";
import type { AppAnswer } from "../../contract.ts";

/** The app that the page is connected to, as it was last told; `null` before that. */
export const app = signal<AppAnswer | null>(null);

/** A name for the process, which no other process has. */
export function processName(answer: AppAnswer | null): string {
  return answer === null ? "" : `${answer.pid}-${answer.startedMs}`;
}
