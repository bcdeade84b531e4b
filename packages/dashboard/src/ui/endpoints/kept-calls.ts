import { signal } from "@preact/signals";
import { addCall, readHistory, type PastCall } from "./call-history.ts";

const KEY = "twinloop.calls";

/** The calls made from this browser, the newest first. */
export const calls = signal<readonly PastCall[]>(load());

/** Keeps a call in the browser. */
export function keepCall(past: PastCall): void {
  calls.value = addCall(calls.value, past);
  store();
}

/** Forgets all calls. */
export function forgetCalls(): void {
  calls.value = [];
  store();
}

function load(): readonly PastCall[] {
  try {
    return readHistory(localStorage.getItem(KEY));
  } catch {
    return [];
  }
}

function store(): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(calls.value));
  } catch {
    // A browser that keeps nothing has a history until the page is closed.
  }
}
