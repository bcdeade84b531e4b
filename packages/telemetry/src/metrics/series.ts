import { log } from "@twinloop/core-native";
import type { MetricDefinition } from "./definition.ts";

/** What has changed in one series, as the runtime takes it. */
export interface SeriesPoint {
  readonly labels: readonly string[];
  /** What a counter has grown by. */
  readonly add?: number;
  /** What a gauge was set to. */
  readonly set?: number;
  /** What the buckets of a histogram have grown by, the last one for what is beyond all bounds. */
  readonly counts?: readonly number[];
  /** What the sum of a histogram has grown by. */
  readonly sum?: number;
}

/** One series between two tellings. */
interface Cell {
  readonly labels: readonly string[];
  /** What a counter has grown by, the value of a gauge, the sum of a histogram's values. */
  value: number;
  counts: number[] | undefined;
  hasChanged: boolean;
}

/** Most series of a metric in one isolate; the runtime has the same bound for all of them together. */
const MOST_SERIES = 2_000;

/**
 * The series of one metric in this isolate. Counters and histograms are told by what they have grown, so that isolates add up; gauges by
 * their values.
 */
export class MetricSeries {
  readonly definition: MetricDefinition;
  readonly #changed: () => void;
  readonly #cells = new Map<string, Cell>();
  #hasWarned = false;

  constructor(definition: MetricDefinition, changed: () => void) {
    this.definition = definition;
    this.#changed = changed;
  }

  /** Adds to a counter or a gauge. */
  add(labels: readonly string[], amount: number): void {
    const cell = this.#cell(labels);
    if (cell === undefined) return;
    cell.value += amount;
    this.#change(cell);
  }

  /** Sets a gauge. */
  set(labels: readonly string[], value: number): void {
    const cell = this.#cell(labels);
    if (cell === undefined) return;
    cell.value = value;
    this.#change(cell);
  }

  /** Adds a value to a histogram. */
  observe(labels: readonly string[], value: number): void {
    const cell = this.#cell(labels);
    if (cell === undefined) return;
    const { bounds } = this.definition;
    cell.counts ??= Array.from({ length: bounds.length + 1 }, () => 0);
    cell.counts[bucketOf(bounds, value)]!++;
    cell.value += value;
    this.#change(cell);
  }

  /** Takes what has changed since the last time. */
  take(): SeriesPoint[] {
    const points: SeriesPoint[] = [];
    const isGauge = this.definition.kind === "gauge";
    for (const cell of this.#cells.values()) {
      if (cell.hasChanged) points.push(pointOf(this.definition, cell));
      cell.hasChanged = false;
    }
    // What has grown is told; a gauge's value must be there for the next change of it.
    if (!isGauge) this.#cells.clear();
    return points;
  }

  /** Makes the next `take` give all gauges. */
  tellAnew(): void {
    for (const cell of this.#cells.values()) cell.hasChanged = true;
  }

  #change(cell: Cell): void {
    cell.hasChanged = true;
    this.#changed();
  }

  #cell(labels: readonly string[]): Cell | undefined {
    const key = labels.length === 1 ? labels[0]! : labels.join("\u0000");
    const found = this.#cells.get(key);
    if (found !== undefined) return found;
    if (this.#cells.size >= MOST_SERIES) return this.#overflow();
    const cell: Cell = { labels, value: 0, counts: undefined, hasChanged: false };
    this.#cells.set(key, cell);
    return cell;
  }

  /** Leaves a value out whose series is one too many, and says so once. */
  #overflow(): undefined {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const { name } = this.definition;
    log.warn("a metric has too many series: give its labels values of which there are few", {
      metric: name,
      most: MOST_SERIES,
    });
  }
}

function pointOf({ kind }: MetricDefinition, { labels, value, counts }: Cell): SeriesPoint {
  if (kind === "counter") return { labels, add: value };
  if (kind === "gauge") return { labels, set: value };
  return { labels, counts: counts ?? [], sum: value };
}

/** The bucket of a value: the first whose upper bound it does not exceed. */
function bucketOf(bounds: readonly number[], value: number): number {
  let [low, high] = [0, bounds.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value <= bounds[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}
