/**
 * The writers of values without parts. Each is written twice where a `toJSON` may count: a plain one for values of
 * the type itself, and one that sends any other value through `toJSON` first, as `JSON.stringify` does. The common
 * case is tested first, and costs no call.
 */
import { types } from "node:util";
import type { BigIntNode, BytesNode, LiteralValue, NumberNode, StringNode } from "../ir/ir.ts";
import { instantText } from "../rules/instant.ts";
import { writeJSONForm } from "./json-form.ts";
import { mismatch, mismatchFound, notNumber, threw } from "./mismatch.ts";
import { bigIntRules, numberRules } from "../rules/number-rule.ts";
import { quote } from "./quote.ts";
import { patternRule, textRules, type TextRule } from "../rules/text-rule.ts";
import type { Write } from "./writer.ts";

const plainNull: Write = (value) => (value === null ? "null" : mismatch("null", value));

/** Writes null, or a value whose `toJSON` returns null. */
export const writeNull: Write = (value, depth) =>
  value === null ? "null" : writeJSONForm(value, depth, plainNull);

const plainBoolean: Write = (value) => {
  if (value === true) return "true";
  return value === false ? "false" : mismatch("boolean", value);
};

/** Writes a boolean, or a value whose `toJSON` returns one. */
export const writeBoolean: Write = (value, depth) => {
  if (value === true) return "true";
  return value === false ? "false" : writeJSONForm(value, depth, plainBoolean);
};

const plainString: Write = (value) => (typeof value === "string" ? quote(value) : mismatch("string", value));

/** Writes a string, or a value whose `toJSON` returns one, such as a `Date`. */
export const writeString: Write = (value, depth) =>
  typeof value === "string" ? quote(value) : writeJSONForm(value, depth, plainString);

const plainNumber: Write = (value) =>
  typeof value === "number" && value - value === 0 ? `${value}` : notNumber(value);

/**
 * Writes a finite number, or a value whose `toJSON` returns one. `NaN` and infinities are mismatches:
 * `JSON.stringify` would write null. -0 is written as 0.
 */
export const writeNumber: Write = (value, depth) => {
  // Only a finite number minus itself is zero.
  return typeof value === "number" && value - value === 0
    ? `${value}`
    : writeJSONForm(value, depth, plainNumber);
};

/** Whether `JSON.stringify` leaves a property of this value out and writes null for it in an array. */
export function isLeftOut(value: unknown): boolean {
  try {
    return JSON.stringify(value) === undefined;
  } catch {
    return false;
  }
}

/** Writes a value of any type as `JSON.stringify` does. */
export const writeAny: Write = (value) => {
  try {
    return JSON.stringify(value) ?? mismatch("any JSON value", value);
  } catch (error) {
    if (typeof value === "bigint") return mismatch("any JSON value", value);
    return threw("any JSON value", error);
  }
};

/** The first instant that RFC 3339 can represent: its years are 0 to 9999. */
const FIRST_DATE = Date.parse("0000-01-01T00:00:00.000Z");
/** The last instant that RFC 3339 can represent. */
const LAST_DATE = Date.parse("9999-12-31T23:59:59.999Z");
const { getTime } = Date.prototype;

/**
 * The text of a date, in UTC with milliseconds. An invalid date, and one outside of the years 0 to 9999, is a
 * mismatch.
 */
function dateText(value: Date): string | undefined {
  // The built-in method, because a subclass may override it.
  const time = getTime.call(value);
  if (!(time >= FIRST_DATE && time <= LAST_DATE))
    return mismatchFound("date", "a date that RFC 3339 cannot represent");
  return `"${instantText(time)}"`;
}

const plainDate: Write = (value) => (types.isDate(value) ? dateText(value) : mismatch("date", value));

/** Writes a `Date` as RFC 3339 text, or a value whose `toJSON` returns a `Date`. */
export const writeDate: Write = (value, depth) =>
  types.isDate(value) ? dateText(value) : writeJSONForm(value, depth, plainDate);

/** The writer of a number with constraints; the shared writer for one without. */
export function numberWriter(node: NumberNode): Write {
  const rules = numberRules(node);
  if (rules.length === 0) return writeNumber;
  const plain: Write = (value) => {
    if (typeof value !== "number" || value - value !== 0) return notNumber(value);
    for (const { test, expected } of rules) {
      if (!test(value)) return mismatchFound(expected, "another number");
    }
    return `${value}`;
  };
  return orJSONForm("number", plain);
}

/** The writer of a bigint: a string of decimal digits. A number is a mismatch, even where it is whole. */
export function bigIntWriter(node: BigIntNode): Write {
  const rules = bigIntRules(node);
  return (value) => {
    if (typeof value !== "bigint") return mismatch("bigint", value);
    for (const { test, expected } of rules) {
      if (!test(value)) return mismatchFound(expected, "another bigint");
    }
    return `"${value}"`;
  };
}

/** The writer of a string with constraints. */
export function stringWriter(node: StringNode): Write {
  return textWriter(textRules(node));
}

/** The writer of a template literal type, which is a string that matches its pattern. */
export function templateWriter(pattern: string): Write {
  return textWriter(patternRule(pattern));
}

/** The writer of a string that passes the rules; the message of the first that fails is reported. */
function textWriter(rules: readonly TextRule[]): Write {
  if (rules.length === 0) return writeString;
  const plain: Write = (value) => {
    if (typeof value !== "string") return mismatch("string", value);
    for (const { test, expected } of rules) {
      if (!test(value)) return mismatchFound(expected, "another string");
    }
    return quote(value);
  };
  return orJSONForm("string", plain);
}

/** A writer that writes a value of the type directly, and any other value by its `toJSON`. */
function orJSONForm(type: "string" | "number", write: Write): Write {
  return (value, depth) => (typeof value === type ? write(value, depth) : writeJSONForm(value, depth, write));
}

/** The writer of a literal or enum type; the JSON of each value is computed once. */
export function choiceWriter(values: readonly LiteralValue[]): Write {
  const texts = new Map<unknown, string>(values.map((value) => [value, JSON.stringify(value)]));
  const all = [...texts.values()].join(" | ");
  const expected = all.length > 200 ? `${all.slice(0, 200)}…` : all || "nothing";
  const plain: Write = (value) => {
    const text = texts.get(value);
    if (text !== undefined) return text;
    const known = typeof value === "string" || typeof value === "number";
    return known ? mismatchFound(expected, `another ${typeof value}`) : mismatch(expected, value);
  };
  return (value, depth) => texts.get(value) ?? writeJSONForm(value, depth, plain);
}

/**
 * The writer of bytes: base64 with padding (RFC 4648, section 4) of a `Uint8Array` or one of its subclasses, such as
 * `Buffer`. Limits count bytes, not characters.
 */
export function bytesWriter({ minLen = 0, maxLen = Infinity }: BytesNode): Write {
  return (value) => {
    if (!types.isUint8Array(value)) return mismatch("bytes", value);
    const { buffer, byteOffset, byteLength } = value;
    if (byteLength < minLen) return mismatchFound(`at least ${minLen} bytes`, `${byteLength}`);
    if (byteLength > maxLen) return mismatchFound(`at most ${maxLen} bytes`, `${byteLength}`);
    return `"${Buffer.from(buffer, byteOffset, byteLength).toString("base64")}"`;
  };
}
