/** What the runtime takes of this isolate's telemetry. Nobody reads it before the app has started. */
export interface Collected {
  /** Spans of user code and of calls within the app. */
  spans: boolean;
  /** Log lines, for who reads the recent ones. */
  lines: boolean;
}

/** What the runtime takes now; `start()` sets it. */
export const collected: Collected = { spans: false, lines: false };
