import type { Labels } from "./labels.ts";
import { LabeledMetric, type MetricConfig, type WithLabels } from "./metric.ts";

/** The options of a histogram. */
export interface HistogramConfig<Label extends string = string> extends MetricConfig<Label> {
  /**
   * The upper bounds of the buckets, ascending; a value on a bound belongs to its bucket, and there is one bucket more for what is beyond all
   * of them. At most 200. Default 5 ms to 10 s in 14 steps, for durations in seconds (OpenTelemetry's semantic conventions).
   */
  readonly buckets?: readonly number[];
}

/** The bounds that OpenTelemetry's conventions recommend for durations in seconds. */
const SECONDS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

/**
 * The distribution of a value, such as the size of an order. All isolates of the process add to it.
 *
 * Shape:   without labels `observe(value)`; with them `observe({ kind: "gift" }, value)`, or `with({ kind: "gift" }).observe(value)`.
 * Units:   as `Counter`; at most 200 buckets.
 * Errors:  as `Counter`.
 * Example: `const sizes = new Histogram("order_items", { buckets: [1, 2, 5, 10, 100] }); sizes.observe(3);`
 */
export class Histogram<const Label extends string = never> {
  readonly #metric: LabeledMetric;

  constructor(name: string, config: HistogramConfig<Label> = {}) {
    const { buckets = SECONDS, ...further } = config;
    this.#metric = new LabeledMetric("histogram", name, { ...further, bounds: buckets });
  }

  /** Adds a value. Errors: `invalid_argument` for NaN and the infinities. */
  observe(...given: WithLabels<Label, [value: number]>): void {
    const { values, rest } = this.#metric.read(given);
    this.#metric.series.observe(values, this.#metric.number(rest[0]));
  }

  /** The histogram of one series, whose labels are then checked once. */
  with(labels: Labels<Label>): Histogram {
    const { values } = this.#metric.read([labels]);
    const histogram = {
      observe: (value: number) => this.#metric.series.observe(values, this.#metric.number(value)),
      with: () => histogram,
      ref: () => histogram,
    };
    return histogram as unknown as Histogram;
  }

  /** The histogram itself, as the other metrics have it. */
  ref(): this {
    return this;
  }
}
