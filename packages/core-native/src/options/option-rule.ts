import { DURATION_FORM, formatDuration, parseDuration } from "./duration.ts";
import { wholeNumberWords, type Bounds } from "./option-bounds.ts";
import { problem, SystemCode, type Problem } from "../errors/error.ts";
import { nearest } from "./nearest.ts";

/** A rule for the values of one option: a check, and the same in words. */
export interface OptionRule {
  /** The accepted values in words, as in "it must be true or false". */
  readonly expected: string;
  readonly fits: (value: unknown) => boolean;
  /** Marks an option whose value is never shown, because it may hold a password. */
  readonly isConfidential?: true;
  /** The rules of the nested options, where the value may be an object. */
  readonly rules?: OptionRules;
}

/** The rules of a declaration's options, by the option's name. */
export type OptionRules = Readonly<Record<string, OptionRule>>;

/** A fault in one option, with a hint. */
export interface OptionFault {
  readonly what: string;
  readonly hint: string;
}

/** Rules for the common kinds of options. */
export const optionRule: Readonly<
  Record<"any" | "boolean" | "text" | "texts" | "function" | "duration" | "schema", OptionRule>
> = {
  any: { expected: "anything", fits: () => true },
  boolean: { expected: "true or false", fits: (value) => typeof value === "boolean" },
  text: { expected: "a text", fits: (value) => typeof value === "string" },
  function: { expected: "a function", fits: (value) => typeof value === "function" },
  duration: { expected: DURATION_FORM, fits: (value) => parseDuration(value) !== undefined },
  texts: {
    expected: "a list of texts",
    fits: (value) => Array.isArray(value) && value.every((one) => typeof one === "string"),
  },
  schema: {
    expected: "a schema: zod 4, or any Standard Schema",
    fits: (value) =>
      (typeof value === "object" || typeof value === "function") && value !== null && "~standard" in value,
  },
};

/** The rule for a whole number within bounds, which may name its unit. */
export function wholeNumber(bounds: Bounds): OptionRule {
  const fits = (value: unknown): boolean => Number.isSafeInteger(value) && isWithin(value as number, bounds);
  return { expected: wholeNumberWords(bounds), fits };
}

/** The rule for a duration within bounds in milliseconds. */
export function durationWithin(bounds: Bounds): OptionRule {
  const fits = (value: unknown): boolean => {
    const ms = parseDuration(value);
    return ms !== undefined && isWithin(ms, bounds);
  };
  return { expected: `${DURATION_FORM}${rangeOf(bounds)}`, fits };
}

function isWithin(value: number, { least, most = Infinity }: Bounds): boolean {
  return value >= least && value <= most;
}

function rangeOf({ least, most }: Bounds): string {
  if (most === undefined) return least === 0 ? "" : `, at least ${least} ms`;
  return `; it is from ${formatDuration(least)} to ${formatDuration(most)}`;
}

/** The rule for one of a few values. */
export function oneOf(...choices: readonly (string | number | boolean)[]): OptionRule {
  const expected = choices.map((choice) => JSON.stringify(choice)).join(" or ");
  return { expected, fits: (value) => choices.includes(value as string) };
}

/** The rule for a value that fits one of several rules. */
export function either(...choices: readonly OptionRule[]): OptionRule {
  const expected = choices.map((rule) => rule.expected).join(", or ");
  const inner = choices.find(({ rules }) => rules !== undefined)?.rules;
  const fits = (value: unknown): boolean => choices.some((rule) => rule.fits(value));
  return { expected, fits, ...(inner === undefined ? {} : { rules: inner }) };
}

/** The rule for `null`, which removes a limit, or a value that fits `rule`. */
export function orNull(rule: OptionRule): OptionRule {
  return either(rule, { expected: "null", fits: (value) => value === null });
}

/** The rule for an object with nested options. */
export function optionsOf(rules: OptionRules): OptionRule {
  return { expected: "an object", fits: isPlainObject, rules };
}

/** Checks the options of a declaration and returns all faults. An option that is `undefined` counts as not given. */
export function optionFaults(given: unknown, rules: OptionRules, path = ""): OptionFault[] {
  if (given === undefined) return [];
  if (!isPlainObject(given)) {
    const what = `${path === "" ? "its options are" : `${path} is`} ${shownOption(given)}`;
    return [{ what, hint: "Write an object." }];
  }
  return Object.entries(given).flatMap(([name, value]): OptionFault[] => {
    const whole = path === "" ? name : `${path}.${name}`;
    const rule = Object.hasOwn(rules, name) ? rules[name]! : undefined;
    if (rule === undefined) return [unknownOption(whole, name, Object.keys(rules), path)];
    if (value === undefined) return [];
    if (!rule.fits(value)) {
      const found = rule.isConfidential ? kindOf(value) : shownOption(value);
      return [{ what: `${whole} is ${found}`, hint: `Write ${rule.expected}.` }];
    }
    return rule.rules !== undefined && isPlainObject(value) ? optionFaults(value, rule.rules, whole) : [];
  });
}

/** The faults of a declaration's options as problems of the start, each with `whose` options they are. */
export function optionProblems(whose: string, given: unknown, rules: OptionRules): Problem[] {
  return optionFaults(given, rules).map(({ what, hint }) =>
    problem(SystemCode.ConfigInvalid, `${whose}: ${what}`, hint),
  );
}

function unknownOption(whole: string, name: string, known: readonly string[], path: string): OptionFault {
  const meant = nearest(name, known);
  const full = (one: string): string => (path === "" ? one : `${path}.${one}`);
  const hint =
    meant === null ? `Its options are ${known.map(full).join(", ")}.` : `Did you mean ${full(meant)}?`;
  return { what: `there is no option ${whole}`, hint };
}

function isPlainObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "a list" : `of the kind ${typeof value}`;
}

/** A value as messages about options print it: a short text or a number as it is, anything else by its kind. */
export function shownOption(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === "number" || typeof value === "boolean" || value === null) return String(value);
  return kindOf(value);
}
