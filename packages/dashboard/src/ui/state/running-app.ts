import { signal } from "@preact/signals";
import type { AppAnswer } from "../../contract.ts";
import { get } from "../admin/http.ts";

/** The app that the page is connected to, as it was last told; `null` before that. */
export const app = signal<AppAnswer | null>(null);

/** How often an app without an address is asked again for one, and after how long, in milliseconds. */
const ATTEMPTS = 10;
const AGAIN_MS = 1000;

/** A name for the process, which no other process has. */
export function processName(answer: AppAnswer | null): string {
  return answer === null ? "" : `${answer.pid}-${answer.startedMs}`;
}

/** Takes in what the app tells of itself. The admin server listens before the app does, so an address may come later. */
export function learnApp(answer: AppAnswer, attempts = ATTEMPTS): void {
  app.value = answer;
  if (answer.url !== null || attempts === 0) return;
  setTimeout(() => {
    get<AppAnswer>("app").then(
      (later) => processName(later) === processName(app.peek()) && learnApp(later, attempts - 1),
      () => undefined,
    );
  }, AGAIN_MS);
}
