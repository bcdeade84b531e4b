import type { Labels, LabelValue } from "./labels.ts";
import { Grouped } from "./grouped.ts";
import { LabeledMetric, type MetricConfig, type WithLabels } from "./metric.ts";
import { refused } from "./metric-error.ts";

/**
 * A value that only grows, such as the number of orders. All isolates of the process add to it.
 *
 * Shape:   without labels `increment(by)`; with them `increment({ kind: "gift" }, by)`, or `with({ kind: "gift" }).increment(by)`.
 * Units:   at most 2,000 combinations of values; a value of a label has at most 256 characters, the rest is cut.
 * Errors:  `MetricError`: `invalid_argument` for a name, label or amount that cannot be, `failed_precondition` where another definition
 *          of the name disagrees.
 * Example: `const orders = new Counter("orders", { labels: ["kind"], help: "Orders that were placed." });`
 */
export class Counter<const Label extends string = never> {
  readonly #metric: LabeledMetric;

  constructor(name: string, config: MetricConfig<Label> = {}) {
    this.#metric = new LabeledMetric("counter", name, config);
  }

  /** Adds to the counter, 1 by default. Errors: `invalid_argument` for a negative amount, NaN and the infinities. */
  increment(...given: WithLabels<Label, [by?: number]>): void {
    const { values, rest } = this.#metric.read(given);
    add(this.#metric, values, rest[0]);
  }

  /** The counter of one series, whose labels are then checked once. */
  with(labels: Labels<Label>): Counter {
    const { values } = this.#metric.read([labels]);
    return bound(this.#metric, values);
  }

  /** The counter itself, as Encore has it. */
  ref(): this {
    return this;
  }
}

/**
 * Counters with labels that a type names, as Encore has them: `new CounterGroup<{ kind: string }>("orders")`.
 *
 * Shape:   the labels are those of the first `with()`, unless `labels` names them; a number as a value is rounded down.
 * Errors:  as `Counter`.
 * Example: `orders.with({ kind: "gift" }).increment();`
 */
export class CounterGroup<L extends Record<keyof L, LabelValue>> {
  readonly #grouped: Grouped<Counter>;

  constructor(name: string, config: MetricConfig = {}) {
    this.#grouped = new Grouped("counter", name, config, bound);
  }

  /** The counter of one combination of values. */
  with(labels: L): Counter {
    return this.#grouped.with(labels);
  }

  /** The group itself, as Encore has it. */
  ref(): this {
    return this;
  }
}

function add(metric: LabeledMetric, values: readonly string[], by: unknown): void {
  const amount = by === undefined ? 1 : metric.number(by);
  if (amount < 0) throw refused(`the counter ${metric.name} cannot fall by ${-amount}: a Gauge can`);
  metric.series.add(values, amount);
}

/** A counter of one series. */
function bound(metric: LabeledMetric, values: readonly string[]): Counter {
  const counter = {
    increment: (by?: number) => add(metric, values, by),
    with: () => counter,
    ref: () => counter,
  };
  return counter as unknown as Counter;
}
