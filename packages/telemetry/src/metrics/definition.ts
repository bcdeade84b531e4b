import { MetricError, refused } from "./metric-error.ts";

/** The kinds of metrics. */
export type MetricKind = "counter" | "gauge" | "histogram";

/** What a metric is, as the runtime knows it. */
export interface MetricDefinition {
  readonly name: string;
  readonly kind: MetricKind;
  readonly unit: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly bounds: readonly number[];
  /** Of a gauge: whether the values of the isolates are added up. */
  readonly sum: boolean;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_.\-/]{0,254}$/;
const MOST_LABELS = 32;
const MOST_BOUNDS = 200;

/** Checks a definition. Errors: `invalid_argument` for what cannot be. */
export function checkDefinition({ name, labels, bounds }: MetricDefinition): void {
  if (typeof name !== "string" || !NAME.test(name)) {
    throw refused(
      `a metric cannot have the name ${JSON.stringify(name)}: begin with a letter, then letters, digits, "_", ".", "-" and "/"`,
    );
  }
  const wrong = labels.find((label) => typeof label !== "string" || !NAME.test(label));
  if (wrong !== undefined)
    throw refused(`a label of the metric ${name} cannot be called ${JSON.stringify(wrong)}`);
  if (labels.length > MOST_LABELS) throw refused(`the metric ${name} has more than ${MOST_LABELS} labels`);
  if (new Set(labels).size < labels.length) throw refused(`the metric ${name} has a label twice`);
  const ascends = bounds.every(
    (bound, index) => Number.isFinite(bound) && (index === 0 || bound > bounds[index - 1]!),
  );
  if (!ascends || bounds.length > MOST_BOUNDS) {
    throw refused(`the metric ${name} has buckets that cannot be: at most ${MOST_BOUNDS} numbers, ascending`);
  }
}

/** Refuses a definition that another of the same name disagrees with. Errors: `failed_precondition`. */
export function agree(one: MetricDefinition, other: MetricDefinition): void {
  const same = JSON.stringify({ ...one, help: "" }) === JSON.stringify({ ...other, help: "" });
  if (same) return;
  const message = `the metric ${one.name} is defined twice, with another kind, unit, labels or buckets: define it once, and import it`;
  throw new MetricError("failed_precondition", message);
}
