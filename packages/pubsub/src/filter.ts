import { nearest, shownOption, type OptionFault } from "@twinloop/core-native/internal";

/** A value that a filter compares with. `null` stands for a property that is absent or `null`. */
export type FilterValue = string | number | boolean | null;

/**
 * Operators on one property. All that are given must hold; none but `exists: false` holds for a property that is absent or
 * `null`.
 */
export interface FilterOperators<Value = unknown> {
  /** The property is there and not `null`, or is not. */
  readonly exists?: boolean;
  /** The value is none of these. */
  readonly not?: (Value & FilterValue) | readonly (Value & FilterValue)[];
  /** The value is a text that begins so. */
  readonly prefix?: Value extends string ? string : never;
  /** The value is a number greater than this one. */
  readonly gt?: Value extends number ? number : never;
  /** The value is a number greater than this one, or equal. */
  readonly gte?: Value extends number ? number : never;
  /** The value is a number less than this one. */
  readonly lt?: Value extends number ? number : never;
  /** The value is a number less than this one, or equal. */
  readonly lte?: Value extends number ? number : never;
}

/** A condition on a property: the value that it has, or operators. Of what is no text, number or boolean, only `exists`. */
export type FilterCondition<Value> =
  | Extract<Value, FilterValue>
  | (undefined extends Value ? null : never)
  | FilterOperators<NonNullable<Value>>;

/**
 * Which messages a subscription wants: conditions on top-level properties. A message is wanted where each property meets its
 * condition, or one of the conditions in its list.
 *
 * Example: `{ region: ["eu", "us"], cents: { gte: 1000 }, coupon: { exists: true } }`
 */
export type Filter<Message> = {
  readonly [Name in keyof Message]?:
    FilterCondition<Message[Name]> | readonly FilterCondition<Message[Name]>[];
};

/** A condition in the form that Rust takes: all parts must hold. */
interface WrittenCondition {
  readonly is?: readonly FilterValue[];
  readonly not?: readonly FilterValue[];
  readonly exists?: boolean;
  readonly prefix?: string;
  readonly gt?: number;
  readonly gte?: number;
  readonly lt?: number;
  readonly lte?: number;
}

/** A filter in the form that Rust takes: of each property's conditions one must hold. */
export type WrittenFilter = Readonly<Record<string, readonly WrittenCondition[]>>;

const OPERATORS: Readonly<
  Record<string, { readonly expected: string; readonly fits: (value: unknown) => boolean }>
> = {
  exists: { expected: "true or false", fits: (value) => typeof value === "boolean" },
  not: { expected: "a value, or a list of values", fits: (value) => listOf(value).every(isValue) },
  prefix: { expected: "a text", fits: (value) => typeof value === "string" },
  ...Object.fromEntries(
    ["gt", "gte", "lt", "lte"].map((name) => [name, { expected: "a number", fits: isNumber }]),
  ),
};

const VALUES = "a text, a number, true, false or null";

/**
 * Reads the filter of a subscription.
 *
 * Shape:  a `Filter`, of whatever type at run time -> what Rust takes, and what is wrong with it; `null` without any.
 */
export function readFilter(given: unknown): {
  readonly filter: WrittenFilter | null;
  readonly faults: readonly OptionFault[];
} {
  if (given === undefined) return { filter: null, faults: [] };
  if (!isObject(given)) {
    const hint = 'Write conditions by property, such as { region: ["eu", "us"] }.';
    return { filter: null, faults: [{ what: `filter is ${shownOption(given)}`, hint }] };
  }
  const faults: OptionFault[] = [];
  const filter: Record<string, readonly WrittenCondition[]> = {};
  for (const [name, conditions] of Object.entries(given)) {
    if (conditions === undefined) continue;
    filter[name] = readConditions(`filter.${name}`, conditions, faults);
  }
  return { filter, faults };
}

function readConditions(path: string, given: unknown, faults: OptionFault[]): readonly WrittenCondition[] {
  const conditions = listOf(given);
  if (conditions.length === 0) {
    faults.push({
      what: `${path} is an empty list, which no message meets`,
      hint: "Give it a condition, or remove it.",
    });
  }
  const values = conditions.filter(isValue);
  const operators = conditions
    .filter((each) => !isValue(each))
    .map((each) => readOperators(path, each, faults));
  return values.length === 0 ? operators : [{ is: values }, ...operators];
}

function readOperators(path: string, given: unknown, faults: OptionFault[]): WrittenCondition {
  const operators = Object.keys(OPERATORS).join(", ");
  if (!isObject(given)) {
    faults.push({
      what: `${path} is ${shownOption(given)}`,
      hint: `Write ${VALUES}, or operators: ${operators}.`,
    });
    return {};
  }
  const written: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const rule = Object.hasOwn(OPERATORS, name) ? OPERATORS[name]! : undefined;
    if (rule === undefined) {
      const meant = nearest(name, Object.keys(OPERATORS));
      const hint = meant === null ? `The operators are ${operators}.` : `Did you mean ${meant}?`;
      faults.push({ what: `${path} has no operator ${name}`, hint });
    } else if (!rule.fits(value)) {
      faults.push({ what: `${path}.${name} is ${shownOption(value)}`, hint: `Write ${rule.expected}.` });
    }
    written[name] = name === "not" ? listOf(value) : value;
  }
  if (Object.keys(written).length === 0) {
    faults.push({ what: `${path} has no operator`, hint: `The operators are ${operators}.` });
  }
  return written;
}

function listOf(given: unknown): readonly unknown[] {
  return Array.isArray(given) ? given : [given];
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function isNumber(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value);
}

function isValue(value: unknown): value is FilterValue {
  return value === null || typeof value === "string" || typeof value === "boolean" || isNumber(value);
}
