import { types } from "node:util";
import type { BigIntNode, BytesNode, LiteralValue, NumberNode, StringNode } from "./ir.ts";
import { instantText } from "./instant.ts";
import { mismatch, mismatchFound, threw } from "./mismatch.ts";
import { bigIntRules, numberRules } from "./number-rule.ts";
import { quote } from "./quote.ts";
import { patternRule, textRules, type TextRule } from "./text-rule.ts";
import type { Write } from "./writer.ts";

export const writeNull: Write = (value) => (value === null ? "null" : mismatch("null", value));

export const writeBoolean: Write = (value) => {
  if (value === true) return "true";
  return value === false ? "false" : mismatch("boolean", value);
};

export const writeString: Write = (value) =>
  typeof value === "string" ? quote(value) : mismatch("string", value);

export const writeNumber: Write = (value) => {
  // Only a finite number minus itself is zero.
  return typeof value === "number" && value - value === 0 ? `${value}` : mismatch("number", value);
};

/** Any JSON: whatever `JSON.stringify` can write. */
export const writeAny: Write = (value) => {
  try {
    return JSON.stringify(value) ?? mismatch("any JSON value", value);
  } catch (error) {
    if (typeof value === "bigint") return mismatch("any JSON value", value);
    return threw("any JSON value", error);
  }
};

/** Year 0 to 9999: what RFC 3339 can say. */
const FIRST_DATE = Date.parse("0000-01-01T00:00:00.000Z");
const LAST_DATE = Date.parse("9999-12-31T23:59:59.999Z");
const { getTime } = Date.prototype;

export const writeDate: Write = (value) => {
  if (!types.isDate(value)) return mismatch("date", value);
  // The built-in method, whatever a subclass makes of them.
  const time = getTime.call(value);
  if (!(time >= FIRST_DATE && time <= LAST_DATE))
    return mismatchFound("date", "a date that RFC 3339 cannot say");
  return `"${instantText(time)}"`;
};

export function numberWriter(node: NumberNode): Write {
  const rules = numberRules(node);
  if (rules.length === 0) return writeNumber;
  return (value) => {
    if (typeof value !== "number" || value - value !== 0) return mismatch("number", value);
    for (const { test, expected } of rules) {
      if (!test(value)) return mismatchFound(expected, "another number");
    }
    return `${value}`;
  };
}

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

export function stringWriter(node: StringNode): Write {
  return textWriter(textRules(node));
}

export function templateWriter(pattern: string): Write {
  return textWriter(patternRule(pattern));
}

function textWriter(rules: readonly TextRule[]): Write {
  if (rules.length === 0) return writeString;
  return (value) => {
    if (typeof value !== "string") return mismatch("string", value);
    for (const { test, expected } of rules) {
      if (!test(value)) return mismatchFound(expected, "another string");
    }
    return quote(value);
  };
}

/** Literals and enums: the JSON of each is made once. */
export function choiceWriter(values: readonly LiteralValue[]): Write {
  const texts = new Map<unknown, string>(values.map((value) => [value, JSON.stringify(value)]));
  const all = [...texts.values()].join(" | ");
  const expected = all.length > 200 ? `${all.slice(0, 200)}…` : all || "nothing";
  return (value) => {
    const text = texts.get(value);
    if (text !== undefined) return text;
    const known = typeof value === "string" || typeof value === "number";
    return known ? mismatchFound(expected, `another ${typeof value}`) : mismatch(expected, value);
  };
}

export function bytesWriter({ minLen = 0, maxLen = Infinity }: BytesNode): Write {
  return (value) => {
    if (!types.isUint8Array(value)) return mismatch("bytes", value);
    const { buffer, byteOffset, byteLength } = value;
    if (byteLength < minLen) return mismatchFound(`at least ${minLen} bytes`, `${byteLength}`);
    if (byteLength > maxLen) return mismatchFound(`at most ${maxLen} bytes`, `${byteLength}`);
    return `"${Buffer.from(buffer, byteOffset, byteLength).toString("base64")}"`;
  };
}
