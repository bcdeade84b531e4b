/** A step into a value: a property's name or an item's index. */
export type Step = string | number;

/** A mismatch between a value and its type: the place, the expected and the found type. Values are never included. */
export interface MismatchFound {
  /** The place in the value: `response.items[2].price`. */
  readonly at: string;
  readonly expected: string;
  readonly found: string;
  /** The error thrown while the value was read; absent where none was thrown. */
  readonly cause?: unknown;
}

/**
 * A value does not fit the type by which it is written.
 *
 * Shape:  the message has the place, the expected and the found type: `response.items[2].price: expected number, found
 * string`. Values are never included.
 */
export class ValueMismatch extends Error {
  /** The place in the value: `response.items[2].price`. */
  readonly at: string;
  readonly expected: string;
  readonly found: string;

  constructor({ at, expected, found, ...rest }: MismatchFound) {
    super(`${at}: expected ${expected}, found ${found}`, rest);
    this.name = "ValueMismatch";
    this.at = at;
    this.expected = expected;
    this.found = found;
  }
}

/**
 * The mismatch in the value that is being written.
 *
 * A writer that fails notes the mismatch and returns `undefined`; each container on the way out adds its step. Nothing
 * is thrown before the root, because the arms of unions often fail. Writing is synchronous, so one note is enough.
 */
export interface Mismatch {
  readonly expected: string;
  readonly found: string;
  /** The steps to the mismatch, innermost first. */
  readonly path: Step[];
  /** Whether no other arm of a union can succeed: the value is nested too deep, or throws when it is read. */
  readonly final: boolean;
  readonly cause?: unknown;
}

let noted: Mismatch | undefined;

/** Notes that `value` has another type than expected. */
export function mismatch(expected: string, value: unknown): undefined {
  noted = { expected, found: nameOf(value), path: [], final: false };
}

/** What is found where a number was expected and its text came, as drivers of databases give large numbers. */
export const DIGITS = "a string of digits";

/** Notes that `value` is no number. */
export function notNumber(value: unknown): undefined {
  const isText = typeof value === "string" && /^-?\d+(?:\.\d+)?$/.test(value);
  return isText ? mismatchFound("number", DIGITS) : mismatch("number", value);
}

/** Notes a mismatch with a description of what was found. */
export function mismatchFound(expected: string, what: string): undefined {
  noted = { expected, found: what, path: [], final: false };
}

/** Notes that reading a value threw an error. */
export function threw(expected: string, cause: unknown): undefined {
  noted = { expected, found: "a value that throws when it is read", path: [], final: true, cause };
}

/** Notes that the value is nested too deep, as every cycle is. */
export function tooDeep(limit: number): undefined {
  const what = "a cycle or a deeper value";
  noted = { expected: `at most ${limit} levels`, found: what, path: [], final: true };
}

/** Adds a step to the path of the noted mismatch. */
export function within(step: Step): undefined {
  noted?.path.push(step);
}

/** The noted mismatch. */
export function currentMismatch(): Mismatch | undefined {
  return noted;
}

/** Takes the noted mismatch and clears the note. */
export function takeNote(): Mismatch | undefined {
  const note = noted;
  noted = undefined;
  return note;
}

/** Notes an earlier mismatch again. */
export function restoreMismatch(earlier: Mismatch): undefined {
  noted = earlier;
}

/** Takes the noted mismatch with its place in the value, which begins with `root`, and clears the note. */
export function takeMismatch(root: string): MismatchFound {
  const { expected, found, path, cause } = noted ?? { expected: "a value", found: "another", path: [] };
  noted = undefined;
  const at = renderPath(root, path);
  return cause === undefined ? { at, expected, found } : { at, expected, found, cause };
}

/** Writes the path as JavaScript would reach the place: `response.items[2]["a b"]`. */
function renderPath(root: string, path: readonly Step[]): string {
  return path.reduceRight<string>((at, step) => {
    if (typeof step === "number") return `${at}[${step}]`;
    return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(step)
      ? `${at}.${step}`
      : `${at}[${JSON.stringify(step)}]`;
  }, root);
}

/** The name of a value's type or class, for a message. */
export function nameOf(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (typeof value !== "object") return typeof value;
  try {
    if (Array.isArray(value)) return "array";
    const name: unknown = (value as object).constructor?.name;
    return typeof name === "string" && name !== "" && name !== "Object" ? name : "object";
  } catch {
    return "object";
  }
}
