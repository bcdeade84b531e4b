let controller = new AbortController();

/** Aborts when the app begins to stop: from then on new work should not be begun. */
export function stopSignal(): AbortSignal {
  return controller.signal;
}

/** Says that the app begins to stop. */
export function signalStop(reason: unknown): void {
  controller.abort(reason);
}

/** An app that has stopped may start again, and then has not begun to stop. */
export function resetStopSignal(): void {
  if (controller.signal.aborted) controller = new AbortController();
}
