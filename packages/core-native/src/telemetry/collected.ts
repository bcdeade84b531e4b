/** What the runtime takes of this isolate's telemetry. Nobody reads it before the app has started. */
export interface Collected {
  /** Whether the app runs, so that what is not taken is not wanted. */
  isRunning: boolean;
  /** Spans of user code and of calls within the app. */
  spans: boolean;
  /** The share of traces that begin here and are exported, 0 to 1. */
  sampledShare: number;
  /** Log lines, for who reads the recent ones. */
  lines: boolean;
  /** Metrics of user code, and what this isolate measures of itself. */
  metrics: boolean;
}

const NOTHING: Readonly<Collected> = {
  isRunning: false,
  spans: false,
  sampledShare: 1,
  lines: false,
  metrics: false,
};

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

const gatherers = new Set<() => void>();

/** Adds what is called before the app ends, to hand over what it has gathered. */
export function onHandOver(handOver: () => void): void {
  gatherers.add(handOver);
}

/** Makes all who gather hand over what they have. */
export function handOver(): void {
  for (const gatherer of gatherers) gatherer();
}
