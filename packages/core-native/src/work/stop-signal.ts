let controller = new AbortController();

/** Returns the signal that aborts when the app begins to stop. After that, no new work should begin. */
export function stopSignal(): AbortSignal {
  return controller.signal;
}

/** Aborts the stop signal, because the app begins to stop. */
export function signalStop(reason: unknown): void {
  controller.abort(reason);
}

/** Replaces the stop signal by a new one, so that a stopped app can start again. */
export function resetStopSignal(): void {
  if (controller.signal.aborted) controller = new AbortController();
}
