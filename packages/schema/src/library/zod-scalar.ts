/**
 * From zod's texts, numbers and bigints to nodes.
 *
 * Each check of a schema is either taken over whole, taken over in part (Rust then accepts more), or left out; in the
 * last two cases the node is not exact, and zod runs again on what Rust has accepted. A check must never be taken
 * over as a stricter one.
 */
import type { BigIntNode, Node, NumberNode, StringNode } from "../ir/ir.ts";
import { literalPattern, toRustPattern } from "../pattern/pattern.ts";
import {
  checksOf,
  leadingChecks,
  type Check,
  type CheckDefinition,
  type Definition,
} from "./zod-definition.ts";

/** A node, and whether it checks everything that the schema checks. */
export interface Partly<T extends Node = Node> {
  readonly node: T;
  readonly exact: boolean;
}

/** Formats that zod checks by their pattern alone; for other formats the pattern is at most a hint. */
const PATTERN_FORMATS: ReadonlySet<unknown> = new Set([
  "regex",
  "lowercase",
  "uppercase",
  "email",
  "guid",
  "uuid",
  "nanoid",
  "cuid",
  "cuid2",
  "ulid",
  "xid",
  "ksuid",
  "datetime",
  "date",
  "time",
  "duration",
  "ipv4",
  "mac",
  "cidrv4",
  "e164",
  "emoji",
]);

/** The names that errors use for formats that are checked by a pattern. */
const FORMAT_LABELS: Readonly<Record<string, string>> = {
  email: "email address",
  guid: "UUID",
  uuid: "UUID",
  nanoid: "Nano ID",
  cuid: "CUID",
  cuid2: "CUID2",
  ulid: "ULID",
  xid: "XID",
  ksuid: "KSUID",
  datetime: "ISO 8601 date-time",
  date: "ISO 8601 date",
  time: "ISO 8601 time",
  duration: "ISO 8601 duration",
  ipv4: "IPv4 address",
  mac: "MAC address",
  cidrv4: "IPv4 range in CIDR notation",
  e164: "phone number in E.164 form",
  emoji: "string of emoji",
  lowercase: "string in lower case",
  uppercase: "string in upper case",
};

/** The greatest length up to which a check is probed for its unit. */
const MAX_PROBE = 10_000;

/** The node of `z.string()` and of formats such as `z.email()`, from their checks. */
export function stringNode(definition: Definition): Partly<StringNode> {
  const own = definition["format"] === undefined ? [] : [ownCheck(definition, "string_format")];
  const { checks, whole } = leadingChecks([...own, ...checksOf(definition)]);
  const node: StringNode = { kind: "string" };
  const applied = checks.map((check) => applyToString(node, check));
  return { node, exact: whole && applied.every(Boolean) };
}

/** The check of a schema that is itself a check, such as `z.email()`. */
function ownCheck(definition: Definition, check: string): Check {
  return { _zod: { def: { ...definition, check } } };
}

/** Adds one check to the node; returns false where Rust does not check all of it. */
function applyToString(node: StringNode, check: Check): boolean {
  const { def } = check._zod;
  switch (def.check) {
    case "min_length":
      return applyLength(node, check, def["minimum"] as number, undefined);
    case "max_length":
      return applyLength(node, check, undefined, def["maximum"] as number);
    case "length_equals":
      return applyLength(node, check, def["length"] as number, def["length"] as number);
    case "string_format":
      return def["when"] === undefined && applyFormat(node, def);
    default:
      return false;
  }
}

/**
 * Adds bounds of a length; zod before 4.6 counted UTF-16 code units, Rust counts characters. Where the units differ,
 * the bounds are widened: a minimum is halved, a maximum stays.
 */
function applyLength(
  node: StringNode,
  check: Check,
  min: number | undefined,
  max: number | undefined,
): boolean {
  const exact = countsCharacters(check, min, max);
  if (min !== undefined) {
    // A character takes one or two UTF-16 code units.
    const least = Math.max(0, Math.ceil(exact ? min : min / 2));
    if (least > 0) node.minLen = Math.max(node.minLen ?? 0, least);
  }
  if (max !== undefined) node.maxLen = Math.min(node.maxLen ?? Infinity, Math.max(0, Math.floor(max)));
  return exact && (max === undefined || max >= 0);
}

/** Whether a length check counts characters, found by running it: zod counted UTF-16 code units before 4.6. */
function countsCharacters(check: Check, min: number | undefined, max: number | undefined): boolean {
  const length = min !== undefined && max === undefined ? min - 1 : (max ?? 0);
  if (length < 1) return true;
  const probe = check._zod.check;
  if (length > MAX_PROBE || !probe) return false;
  const payload = { value: "😀".repeat(length), issues: [] };
  probe(payload);
  const passed = payload.issues.length === 0;
  return max === undefined ? !passed : passed;
}

/**
 * Adds the check of a format. Prefixes, suffixes and inclusions become checks of their own; any other format becomes
 * its pattern, where Rust's engine can run it.
 */
function applyFormat(node: StringNode, check: CheckDefinition): boolean {
  const { format, pattern, includes, position } = check;
  if (format === "starts_with") return add(node, "startsWith", check["prefix"]);
  if (format === "ends_with") return add(node, "endsWith", check["suffix"]);
  if (format === "includes") {
    if (!position)
      addPattern(node, literalPattern(String(includes)), `string that includes ${JSON.stringify(includes)}`);
    return !position;
  }
  if (!PATTERN_FORMATS.has(format) || check["fn"] !== undefined || !(pattern instanceof RegExp)) return false;
  const translated = toRustPattern(pattern.source, pattern.flags);
  if (translated === undefined) return false;
  addPattern(node, translated.pattern, FORMAT_LABELS[String(format)] ?? "");
  return translated.exact;
}

/** Adds a pattern with its name in errors; patterns that all lack a name have no labels. */
function addPattern(node: StringNode, pattern: string, label: string): void {
  const before = node.patterns ?? [];
  node.patterns = [...before, pattern];
  if (label === "" && node.labels === undefined) return;
  node.labels = [...(node.labels ?? before.map(() => "")), label];
}

/** Adds a prefix or suffix. Shape: -> true, because Rust checks all of it. */
function add(node: StringNode, key: "startsWith" | "endsWith", text: unknown): true {
  node[key] = [...(node[key] ?? []), String(text)];
  return true;
}

/** The ranges of zod's formats of numbers. Source: zod 4, `NUMBER_FORMAT_RANGES`. */
const NUMBER_RANGES: Readonly<Record<string, readonly [number, number]>> = {
  safeint: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  float32: [-3.4028234663852886e38, 3.4028234663852886e38],
  float64: [-Number.MAX_VALUE, Number.MAX_VALUE],
};

/** The greatest integer up to which zod's remainder, which tolerates rounding, is exact. */
const EXACT_REMAINDER = 1e14;

/** The node of `z.number()` and of formats such as `z.int()`, from their checks. */
export function numberNode(definition: Definition): Partly<NumberNode> {
  const own = definition["format"] === undefined ? [] : [ownCheck(definition, "number_format")];
  const { checks, whole } = leadingChecks([...own, ...checksOf(definition)]);
  const node: NumberNode = { kind: "number" };
  const applied = checks.map(({ _zod: { def } }) => def["when"] === undefined && applyToNumber(node, def));
  const units = checks
    .filter(({ _zod: { def } }) => def.check === "multiple_of")
    .map(({ _zod: { def } }) => def["value"]);
  return { node, exact: applyUnits(node, units) && whole && applied.every(Boolean) };
}

/**
 * Adds one check to the node; returns false where Rust does not check all of it. Units (`multiple_of`) are added
 * afterwards, when all bounds are known.
 */
function applyToNumber(node: NumberNode, { check, value, inclusive, format }: CheckDefinition): boolean {
  switch (check) {
    case "greater_than":
      return tighten(node, inclusive ? "min" : "exclusiveMin", value);
    case "less_than":
      return tighten(node, inclusive ? "max" : "exclusiveMax", value);
    case "multiple_of":
      return true;
    case "number_format": {
      const range = NUMBER_RANGES[String(format)];
      if (!range) return false;
      if (String(format).includes("int")) node.int = true;
      if (format === "float64") return true;
      return tighten(node, "min", range[0]) && tighten(node, "max", range[1]);
    }
    default:
      return false;
  }
}

/** Adds a bound, where it is tighter than the one before. Infinite bounds and `NaN` are left to zod. */
function tighten(
  node: NumberNode,
  side: "min" | "max" | "exclusiveMin" | "exclusiveMax",
  value: unknown,
): boolean {
  if (typeof value !== "number" || !Number.isFinite(value)) return false;
  const before = node[side] as number | undefined;
  const lower = side === "min" || side === "exclusiveMin";
  node[side] = before === undefined ? value : lower ? Math.max(before, value) : Math.min(before, value);
  return true;
}

/**
 * Adds a unit, where Rust's exact remainder and zod's, which tolerates rounding, agree: for integers within known
 * bounds. Of several units one is added, and the others are left to zod.
 */
function applyUnits(node: NumberNode, units: readonly unknown[]): boolean {
  if (units.length === 0) return true;
  const [unit] = units as [number];
  const { int, min, max, exclusiveMin, exclusiveMax } = node;
  const least = Math.max(Number(min ?? -Infinity), Number(exclusiveMin ?? -Infinity));
  const most = Math.min(Number(max ?? Infinity), Number(exclusiveMax ?? Infinity));
  const bounded = int === true && least >= -EXACT_REMAINDER && most <= EXACT_REMAINDER;
  if (!bounded || !Number.isSafeInteger(unit) || unit <= 0) return false;
  node.multipleOf = unit;
  return units.length === 1;
}

/** The ranges of zod's formats of bigints. Source: zod 4, `BIGINT_FORMAT_RANGES`. */
const BIGINT_RANGES: Readonly<Record<string, readonly [bigint, bigint]>> = {
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};

/** The node of `z.bigint()`; exclusive bounds become inclusive ones, since only whole numbers are between them. */
export function bigIntNode(definition: Definition): Partly<BigIntNode> {
  const own = definition["format"] === undefined ? [] : [ownCheck(definition, "bigint_format")];
  const { checks, whole } = leadingChecks([...own, ...checksOf(definition)]);
  const node: BigIntNode = { kind: "bigint" };
  const applied = checks.map(({ _zod: { def } }) => def["when"] === undefined && applyToBigInt(node, def));
  return { node, exact: whole && applied.every(Boolean) };
}

/** Adds one check to the node; returns false where Rust does not check all of it. */
function applyToBigInt(node: BigIntNode, { check, value, inclusive, format }: CheckDefinition): boolean {
  const range = check === "bigint_format" ? BIGINT_RANGES[String(format)] : undefined;
  if (range) {
    raiseMin(node, range[0]);
    lowerMax(node, range[1]);
    return true;
  }
  if (typeof value !== "bigint") return false;
  if (check === "greater_than") raiseMin(node, inclusive ? value : value + 1n);
  else if (check === "less_than") lowerMax(node, inclusive ? value : value - 1n);
  else return false;
  return true;
}

/** Raises the lower bound, where the given one is higher. */
function raiseMin(node: BigIntNode, min: bigint): void {
  if (node.min === undefined || min > BigInt(node.min)) node.min = String(min);
}

/** Lowers the upper bound, where the given one is lower. */
function lowerMax(node: BigIntNode, max: bigint): void {
  if (node.max === undefined || max < BigInt(node.max)) node.max = String(max);
}
