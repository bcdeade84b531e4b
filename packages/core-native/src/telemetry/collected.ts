/** What the runtime takes of this isolate's telemetry. Nobody reads it before the app has started. */
export interface Collected {
  /** Spans of user code and of calls within the app. */
  spans: boolean;
  /** Log lines, for who reads the recent ones. */
  lines: boolean;
  /** What this isolate measures of itself. */
  metrics: boolean;
}

const NOTHING: Readonly<Collected> = { spans: false, lines: false, metrics: false };

/** What the runtime takes now; `start()` sets it. */
export const collected: Collected = { ...NOTHING };

const listeners = new Set<() => void>();

/** Sets what the runtime takes from now on; without an argument, nothing. */
export function collect(now: Readonly<Collected> = NOTHING): void {
  Object.assign(collected, now);
  for (const listener of listeners) listener();
}

/** Calls `listener` now, and whenever the runtime takes something else. */
export function onCollect(listener: () => void): void {
  listeners.add(listener);
  listener();
}
