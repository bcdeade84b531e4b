import { refused } from "./metric-error.ts";

/**
 * A value of a label. Numbers and booleans are written as text: `5`, `true`.
 *
 * Units:  at most 256 characters, the rest is cut.
 */
export type LabelValue = string | number | boolean;

/**
 * The values of the labels of one series, each by its label's name; all of them must be there.
 *
 * Example: `{ kind: "gift", express: true }`
 */
export type Labels<Name extends string> = Readonly<Record<Name, LabelValue>>;

/** Most characters of a label's value; what is longer is cut: each value is kept as long as the process runs. */
const MOST_VALUE = 256;

/**
 * The values of one series in the order of the metric's labels.
 *
 * Errors: `invalid_argument` where a label is missing, is none of the metric's, or has no value.
 */
export function valuesOf(metric: string, names: readonly string[], given: unknown): string[] {
  if (typeof given !== "object" || given === null) {
    throw refused(`the metric ${metric} has the labels ${listed(names)}: give an object with their values`);
  }
  const labels = given as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(labels)) {
    if (!names.includes(name)) {
      throw refused(
        `the metric ${metric} has no label ${JSON.stringify(name)}: its labels are ${listed(names)}`,
      );
    }
  }
  return names.map((name) => valueOf(metric, name, labels[name]));
}

function valueOf(metric: string, name: string, value: unknown): string {
  const isText = typeof value === "string" || typeof value === "boolean";
  if (!isText && !(typeof value === "number" && Number.isFinite(value))) {
    const found = value === undefined ? "missing" : typeof value === "number" ? String(value) : typeof value;
    throw refused(
      `the label ${name} of the metric ${metric} is ${found}: give a text, a number or a boolean`,
    );
  }
  const text = String(value);
  return text.length > MOST_VALUE ? text.slice(0, MOST_VALUE) : text;
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "(none)" : names.join(", ");
}
