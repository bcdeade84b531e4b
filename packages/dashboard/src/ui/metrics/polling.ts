import { signal } from "@preact/signals";
import type { MetricsAnswer } from "../../contract.ts";
import { asFailure, type Failure } from "../admin/failure.ts";
import { get } from "../admin/http.ts";
import { wantsToken } from "../admin/token.ts";
import { addReadings, type MetricsHistory } from "./history.ts";

/** How often metrics are read, and how many readings are kept: half an hour. */
const EVERY_MS = 3000;
const MOST = 600;

/** The last answer; `null` before the first. */
export const metrics = signal<MetricsAnswer | null>(null);

/** The readings since the page was opened. */
export const history = signal<MetricsHistory>({});

/** Why the last reading failed; `null` after an answer. */
export const metricsFailure = signal<Failure | null>(null);

/** Reads the metrics from now on, whatever page is shown, so that charts have a past. A hidden page reads nothing. */
export function pollMetrics(): void {
  const read = async (): Promise<void> => {
    if (!document.hidden && !wantsToken.value) {
      try {
        const now = await get<MetricsAnswer>("metrics");
        const before = metrics.peek();
        if (before !== null) history.value = addReadings(history.peek(), before, now, MOST);
        metrics.value = now;
        metricsFailure.value = null;
      } catch (error) {
        metricsFailure.value = asFailure(error);
      }
    }
    setTimeout(() => void read(), EVERY_MS);
  };
  void read();
}
