import type { MetricsAnswer } from "../../contract.ts";
import { CHARTS, type ChartDefinition, type Reading } from "./chart-definitions.ts";

/** The readings of one chart over time: one value of each line for each instant. */
export interface Series {
  readonly times: readonly number[];
  readonly lines: Readonly<Record<string, readonly (number | null)[]>>;
}

/** The readings of all charts, by the chart's id. */
export type MetricsHistory = Readonly<Record<string, Series>>;

/** Adds what two answers tell to the history. Limits: the last `most` instants are kept. */
export function addReadings(
  history: MetricsHistory,
  before: MetricsAnswer,
  now: MetricsAnswer,
  most: number,
  charts: readonly ChartDefinition[] = CHARTS,
): MetricsHistory {
  return Object.fromEntries(
    charts.map(({ id, read }) => [id, addReading(history[id], now.timeMs, read(before, now), most)]),
  );
}

/** Adds one reading; a line that is new has no values before, and one that is gone has none now. */
export function addReading(series: Series | undefined, timeMs: number, read: Reading, most: number): Series {
  const { times, lines } = series ?? { times: [], lines: {} };
  const names = new Set([...Object.keys(lines), ...Object.keys(read)]);
  const next: Record<string, (number | null)[]> = {};
  for (const name of names) {
    const earlier = lines[name] ?? times.map(() => null);
    next[name] = [...earlier, read[name] ?? null].slice(-most);
  }
  return { times: [...times, timeMs].slice(-most), lines: next };
}
