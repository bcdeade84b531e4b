import type { Labels, LabelValue } from "./labels.ts";
import { Grouped } from "./grouped.ts";
import { LabeledMetric, type MetricConfig, type WithLabels } from "./metric.ts";

/** The options of a gauge: those of every metric, and how the values of several isolates become one. */
export interface GaugeConfig<Label extends string = string> extends MetricConfig<Label> {
  /**
   * What the value is where several isolates set it: their `sum`, as of open connections, or the `last` one that was set, as of a
   * temperature. Default `sum`.
   */
  readonly workers?: "sum" | "last";
}

/**
 * A value that rises and falls, such as the number of open connections.
 *
 * Shape:   without labels `set(value)`; with them `set({ room: "a" }, value)`, or `with({ room: "a" }).set(value)`.
 * Units:   as `Counter`.
 * Errors:  as `Counter`.
 * Example: `const open = new Gauge("connections_open"); open.increment(); open.decrement();`
 */
export class Gauge<const Label extends string = never> {
  readonly #metric: LabeledMetric;

  constructor(name: string, config: GaugeConfig<Label> = {}) {
    this.#metric = new LabeledMetric("gauge", name, { ...config, sum: config.workers !== "last" });
  }

  /** Sets the gauge. Errors: `invalid_argument` for NaN and the infinities. */
  set(...given: WithLabels<Label, [value: number]>): void {
    const { values, rest } = this.#metric.read(given);
    this.#metric.series.set(values, this.#metric.number(rest[0]));
  }

  /** Adds to the gauge, 1 by default. */
  increment(...given: WithLabels<Label, [by?: number]>): void {
    const { values, rest } = this.#metric.read(given);
    this.#metric.series.add(values, this.#metric.number(rest[0] ?? 1));
  }

  /** Takes from the gauge, 1 by default. */
  decrement(...given: WithLabels<Label, [by?: number]>): void {
    const { values, rest } = this.#metric.read(given);
    this.#metric.series.add(values, -this.#metric.number(rest[0] ?? 1));
  }

  /** The gauge of one series, whose labels are then checked once. */
  with(labels: Labels<Label>): Gauge {
    const { values } = this.#metric.read([labels]);
    return bound(this.#metric, values);
  }

  /** The gauge itself, as Encore has it. */
  ref(): this {
    return this;
  }
}

/**
 * Gauges with labels that a type names, as Encore has them: `new GaugeGroup<{ room: string }>("guests")`.
 *
 * Shape:  as `CounterGroup`.
 * Errors: as `Counter`.
 */
export class GaugeGroup<L extends Record<keyof L, LabelValue>> {
  readonly #grouped: Grouped<Gauge>;

  constructor(name: string, config: GaugeConfig = {}) {
    this.#grouped = new Grouped("gauge", name, { ...config, sum: config.workers !== "last" }, bound);
  }

  /** The gauge of one combination of values. */
  with(labels: L): Gauge {
    return this.#grouped.with(labels);
  }

  /** The group itself, as Encore has it. */
  ref(): this {
    return this;
  }
}

/** A gauge of one series. */
function bound(metric: LabeledMetric, values: readonly string[]): Gauge {
  const gauge = {
    set: (value: number) => metric.series.set(values, metric.number(value)),
    increment: (by = 1) => metric.series.add(values, metric.number(by)),
    decrement: (by = 1) => metric.series.add(values, -metric.number(by)),
    with: () => gauge,
    ref: () => gauge,
  };
  return gauge as unknown as Gauge;
}
