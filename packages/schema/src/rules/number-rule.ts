import type { BigIntNode, Bound, NumberNode } from "../ir/ir.ts";

/** A test of a number against one constraint. */
export interface NumberRule<T extends number | bigint = number> {
  /** What the error says was expected: `number of at most 10`. */
  readonly expected: string;
  /** Whether a number keeps the constraint. */
  readonly test: (value: T) => boolean;
}

/**
 * The tests for the constraints of a number type. Bounds beyond 2^53, which the manifest keeps as texts, are compared
 * as bigints, so that none is rounded.
 */
export function numberRules(node: NumberNode): readonly NumberRule[] {
  const rules: NumberRule[] = [];
  const bound = (
    given: Bound | undefined,
    words: string,
    test: (value: number, limit: number | bigint) => boolean,
  ) => {
    if (given === undefined) return;
    const limit = exact(given);
    rules.push({ expected: `number ${words} ${given}`, test: (value) => test(value, limit) });
  };
  if (node.int) rules.push({ expected: "integer", test: Number.isInteger });
  bound(node.min, "of at least", (value, limit) => value >= limit);
  bound(node.max, "of at most", (value, limit) => value <= limit);
  bound(node.exclusiveMin, "greater than", (value, limit) => value > limit);
  bound(node.exclusiveMax, "less than", (value, limit) => value < limit);
  if (node.multipleOf !== undefined) {
    const unit = String(node.multipleOf);
    rules.push({ expected: `multiple of ${unit}`, test: (value) => isMultiple(value, unit) });
  }
  return rules;
}

/** The tests for the constraints of a big integer type. */
export function bigIntRules({ min, max }: BigIntNode): readonly NumberRule<bigint>[] {
  const rules: NumberRule<bigint>[] = [];
  if (min !== undefined) {
    const limit = BigInt(min);
    rules.push({ expected: `bigint of at least ${min}`, test: (value) => value >= limit });
  }
  if (max !== undefined) {
    const limit = BigInt(max);
    rules.push({ expected: `bigint of at most ${max}`, test: (value) => value <= limit });
  }
  return rules;
}

/** Reads a bound exactly: JavaScript compares numbers and big integers by their mathematical values. */
function exact(bound: Bound): number | bigint {
  return typeof bound === "string" && /^-?[0-9]+$/.test(bound) ? BigInt(bound) : Number(bound);
}

/** Whether a number is a multiple of another, computed exactly on their decimal forms: 0.3 is a multiple of 0.1. */
function isMultiple(value: number, unit: string): boolean {
  const whole = Number(unit);
  if (Number.isSafeInteger(value) && Number.isSafeInteger(whole)) return value % whole === 0;
  const [a, b] = [decimal(String(value)), decimal(unit)];
  const scale = Math.max(a.places, b.places);
  const divisor = b.digits * 10n ** BigInt(scale - b.places);
  return divisor !== 0n && (a.digits * 10n ** BigInt(scale - a.places)) % divisor === 0n;
}

/** Splits a decimal numeral into its digits and the number of digits behind the point: `1.5e-3` is 15 and 4. */
function decimal(text: string): { readonly digits: bigint; readonly places: number } {
  const [mantissa, exponent = "0"] = text.toLowerCase().split("e") as [string, string?];
  const [whole, fraction = ""] = mantissa.split(".") as [string, string?];
  const places = fraction.length - Number(exponent);
  const digits = BigInt(whole + fraction);
  return places >= 0 ? { digits, places } : { digits: digits * 10n ** BigInt(-places), places: 0 };
}
