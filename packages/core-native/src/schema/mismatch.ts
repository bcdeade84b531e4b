import { TwinloopError } from "../error.ts";
import { SystemCode } from "../system-code.ts";

/** A step into a value: a property's name or an item's index. */
export type Step = string | number;

/**
 * Thrown when a value does not fit the type it is written by.
 *
 * Shape:  the message says where, what was expected and what was found: `response.items[2].price: expected number,
 *         found string`. It names types, never values.
 */
export class ResponseMismatch extends TwinloopError {
  /** Where: `response.items[2].price`. */
  readonly at: string;
  readonly expected: string;
  readonly found: string;

  constructor(at: string, expected: string, found: string, cause?: unknown) {
    super(
      SystemCode.ResponseMismatch,
      `${at}: expected ${expected}, found ${found}`,
      cause === undefined ? {} : { cause },
    );
    this.at = at;
    this.expected = expected;
    this.found = found;
  }
}

/**
 * What went wrong in the value being written.
 *
 * A writer that fails notes it here and returns `undefined`; each container on the way out adds its step. Nothing is
 * thrown before the root, because unions fail arms as a matter of course. Writing is synchronous, so one note is enough.
 */
export interface Mismatch {
  readonly expected: string;
  readonly found: string;
  /** Innermost first. */
  readonly path: Step[];
  /** No other arm of a union can help: the value is too deep, or throws. */
  readonly final: boolean;
  readonly cause?: unknown;
}

let noted: Mismatch | undefined;

/** Notes that `value` is not what was expected. */
export function mismatch(expected: string, value: unknown): undefined {
  noted = { expected, found: nameOf(value), path: [], final: false };
}

/** Notes a mismatch in words of its own. */
export function mismatchFound(expected: string, what: string): undefined {
  noted = { expected, found: what, path: [], final: false };
}

/** Notes that reading a value threw. */
export function threw(expected: string, cause: unknown): undefined {
  noted = { expected, found: "a value that throws when it is read", path: [], final: true, cause };
}

/** Notes that the value is nested too deep, which every cycle is. */
export function tooDeep(limit: number): undefined {
  const what = "a cycle or a deeper value";
  noted = { expected: `at most ${limit} levels`, found: what, path: [], final: true };
}

/** Adds the step that leads to what was noted. */
export function within(step: Step): undefined {
  noted?.path.push(step);
}

/** What was noted last. */
export function currentMismatch(): Mismatch | undefined {
  return noted;
}

/** Takes up again what was noted before. */
export function restoreMismatch(earlier: Mismatch): undefined {
  noted = earlier;
}

/** The error for what was noted, and forgets it. */
export function takeMismatch(root: string): ResponseMismatch {
  const { expected, found: what, path, cause } = noted ?? { expected: "a value", found: "another", path: [] };
  noted = undefined;
  return new ResponseMismatch(renderPath(root, path), expected, what, cause);
}

function renderPath(root: string, path: readonly Step[]): string {
  return path.reduceRight<string>((at, step) => {
    if (typeof step === "number") return `${at}[${step}]`;
    return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(step)
      ? `${at}.${step}`
      : `${at}[${JSON.stringify(step)}]`;
  }, root);
}

function nameOf(value: unknown): string {
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
