import { seriesOf } from "./collector.ts";
import type { MetricDefinition, MetricKind } from "./definition.ts";
import { valuesOf, type Labels } from "./labels.ts";
import { refused } from "./metric-error.ts";
import type { MetricSeries } from "./series.ts";

/**
 * The options of a metric.
 *
 * Errors: `MetricError`, `invalid_argument`: more than 32 labels, a label twice, a label whose name does not begin with a letter.
 */
export interface MetricConfig<Label extends string = string> {
  /**
   * The names of the metric's labels. Each combination of values is a series of its own, which is kept as long as the process runs: give
   * labels values of which there are few, never ids. Default none.
   */
  readonly labels?: readonly Label[];
  /** What the metric means, for who reads it: the `HELP` line of Prometheus's form. Default none. */
  readonly help?: string;
  /**
   * The unit, as UCUM writes it: `s`, `By`, `{order}`. In Prometheus's form it becomes a suffix of the name: `_seconds`, `_bytes`. Default
   * none.
   */
  readonly unit?: string;
}

/**
 * What a method of a metric takes: first the values of the labels, where the metric has some.
 *
 * Shape: `[by]` for a metric without labels, `[{ kind: "gift" }, by]` for one with the label `kind`.
 */
export type WithLabels<Label extends string, Rest extends readonly unknown[]> = [Label] extends [never]
  ? Rest
  : [labels: Labels<Label>, ...rest: Rest];

const NONE: readonly string[] = [];

/** The part that all kinds of metrics have: a definition, and series by the values of labels. */
export class LabeledMetric {
  readonly series: MetricSeries;
  readonly #names: readonly string[];

  constructor(
    kind: MetricKind,
    name: string,
    config: MetricConfig & { readonly bounds?: readonly number[]; readonly sum?: boolean },
  ) {
    const { labels = NONE, help = "", unit = "", bounds = [], sum = false } = config;
    const definition: MetricDefinition = {
      name,
      kind,
      unit,
      help,
      labels: [...labels],
      bounds: [...bounds],
      sum,
    };
    this.series = seriesOf(definition);
    this.#names = definition.labels;
  }

  /** The name of the metric. */
  get name(): string {
    return this.series.definition.name;
  }

  /** Takes the values of the labels off the arguments of a method. Errors: `invalid_argument`. */
  read(given: readonly unknown[]): { readonly values: readonly string[]; readonly rest: readonly unknown[] } {
    if (this.#names.length === 0) return { values: NONE, rest: given };
    return { values: valuesOf(this.name, this.#names, given[0]), rest: given.slice(1) };
  }

  /** Checks that a value is a finite number. Errors: `invalid_argument`. */
  number(value: unknown): number {
    if (typeof value === "number" && Number.isFinite(value)) return value;
    const found = typeof value === "number" ? String(value) : typeof value;
    throw refused(`the metric ${this.name} cannot take ${found}: give a finite number`);
  }
}
