import { LabeledMetric, type MetricConfig } from "./metric.ts";
import type { MetricKind } from "./definition.ts";
import type { LabelValue } from "./labels.ts";

/** Most series whose objects are kept: a group that is asked for more makes them anew. */
const MOST_KEPT = 2_000;

/** The series of a metric whose labels are known by the type, and here by their first values. */
export class Grouped<Bound> {
  readonly #make: (labels: readonly string[]) => LabeledMetric;
  readonly #bind: (metric: LabeledMetric, values: readonly string[]) => Bound;
  readonly #kept = new Map<string, Bound>();
  #metric: LabeledMetric | undefined;

  constructor(
    kind: MetricKind,
    name: string,
    config: MetricConfig & { readonly sum?: boolean },
    bind: (metric: LabeledMetric, values: readonly string[]) => Bound,
  ) {
    this.#make = (labels) => new LabeledMetric(kind, name, { ...config, labels });
    this.#bind = bind;
    if (config.labels !== undefined) this.#metric = this.#make(config.labels);
  }

  /** The series of these values. Errors: `invalid_argument` for other labels than those of the metric. */
  with(given: Readonly<Record<string, LabelValue>>): Bound {
    this.#metric ??= this.#make(Object.keys(given).sort());
    const { values } = this.#metric.read([rounded(given)]);
    const key = values.join("\u0000");
    const found = this.#kept.get(key);
    if (found !== undefined) return found;
    const made = this.#bind(this.#metric, values);
    if (this.#kept.size < MOST_KEPT) this.#kept.set(key, made);
    return made;
  }
}

/** Labels whose numbers are rounded down, as Encore does. */
function rounded(labels: Readonly<Record<string, LabelValue>>): Readonly<Record<string, LabelValue>> {
  const entries = Object.entries(labels).map(([name, value]) => [
    name,
    typeof value === "number" ? Math.floor(value) : value,
  ]);
  return Object.fromEntries(entries) as Readonly<Record<string, LabelValue>>;
}
