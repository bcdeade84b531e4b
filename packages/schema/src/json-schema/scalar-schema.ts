import type { BigIntNode, Bound, BytesNode, NumberNode, StringFormat, StringNode } from "../ir/ir.ts";
import type { SchemaObject } from "./described.ts";
import { ecmaPattern, escaped } from "./ecma-pattern.ts";
import type { Direction } from "./type-names.ts";

/** The schema of a number. A bound that no double holds exactly stands in the description. */
export function numberSchema({
  int,
  min,
  max,
  exclusiveMin,
  exclusiveMax,
  multipleOf,
}: NumberNode): SchemaObject {
  const bounds = {
    minimum: min,
    maximum: max,
    exclusiveMinimum: exclusiveMin,
    exclusiveMaximum: exclusiveMax,
    multipleOf,
  };
  const schema: SchemaObject = { type: int === true ? "integer" : "number" };
  const inexact: string[] = [];
  for (const [keyword, bound] of Object.entries(bounds)) {
    if (bound === undefined) continue;
    if (isExact(bound)) schema[keyword] = Number(bound);
    else {
      schema[`x-twinloop-${keyword}`] = bound;
      inexact.push(`${keyword} ${bound}`);
    }
  }
  return inexact.length === 0 ? schema : { ...schema, description: `Exactly: ${inexact.join(", ")}.` };
}

/** Whether a double holds the bound as it is written. */
function isExact(bound: Bound): boolean {
  return typeof bound === "number" || String(Number(bound)) === bound;
}

/**
 * The schemas of named formats. `uri` alone would admit other schemes, hence the pattern. Source: JSON Schema
 * 2020-12, Validation, section 7.3.
 */
const FORMATS: Readonly<Record<StringFormat, SchemaObject>> = {
  email: { format: "email" },
  url: { format: "uri", pattern: "^[Hh][Tt][Tt][Pp][Ss]?://" },
  uuid: { format: "uuid" },
};

/**
 * The schema of a text. Several patterns stand in `allOf`, since all of them must hold. A pattern without a form in
 * ECMA-262 stands in the description and in `x-twinloop-patterns`. Lengths count characters, as in JSON Schema.
 *
 * Source: JSON Schema 2020-12, Validation, section 6.3.
 */
export function stringSchema(node: StringNode): SchemaObject {
  const { minLen, maxLen, formats = [], startsWith = [], endsWith = [] } = node;
  const known = (node.patterns ?? []).map((pattern) => ({ pattern, ecma: ecmaPattern(pattern) }));
  const unknown = known.filter(({ ecma }) => ecma === null).map(({ pattern }) => pattern);
  const tests: SchemaObject[] = [
    ...formats.map((format) => FORMATS[format]),
    ...known.flatMap(({ ecma }) => (ecma === null ? [] : [{ pattern: ecma }])),
    ...startsWith.map((text) => ({ pattern: `^${escaped(text)}` })),
    ...endsWith.map((text) => ({ pattern: `${escaped(text)}$` })),
  ];
  const [first = {}, ...others] = tests;
  return {
    type: "string",
    ...(minLen === undefined ? {} : { minLength: minLen }),
    ...(maxLen === undefined ? {} : { maxLength: maxLen }),
    ...first,
    ...(others.length === 0 ? {} : { allOf: others }),
    ...(unknown.length === 0
      ? {}
      : {
          description: `Also matches, in the syntax of Rust's regex: ${unknown.map((one) => `\`${one}\``).join(", ")}.`,
          "x-twinloop-patterns": unknown,
        }),
  };
}

/** The schema of a template literal type. */
export function templateSchema(pattern: string): SchemaObject {
  return stringSchema({ kind: "string", patterns: [pattern] });
}

/** The schema of a bigint: decimal digits in a string, since JSON numbers are doubles to most readers. */
export function bigIntSchema({ min, max }: BigIntNode, direction: Direction): SchemaObject {
  const isPositive = min !== undefined && BigInt(min) > 0n;
  const pattern = isPositive ? "^[1-9][0-9]*$" : isNatural(min) ? "^(0|[1-9][0-9]*)$" : "^(0|-?[1-9][0-9]*)$";
  const bounds = [min === undefined ? "" : `at least ${min}`, max === undefined ? "" : `at most ${max}`];
  const told = bounds.filter((bound) => bound !== "").join(", ");
  return {
    type: direction === "in" ? ["string", "integer"] : "string",
    pattern,
    description: `A whole number of any size, in decimal digits${told === "" ? "" : `: ${told}`}.`,
    ...(direction === "in" ? inexactBounds(min, max) : {}),
    ...(min === undefined ? {} : { "x-twinloop-minimum": min }),
    ...(max === undefined ? {} : { "x-twinloop-maximum": max }),
  };
}

/** The bounds of a bigint that comes as a JSON number, where a double holds them. */
function inexactBounds(min: string | undefined, max: string | undefined): SchemaObject {
  const bounds = { minimum: min, maximum: max };
  const exact = Object.entries(bounds).filter(
    ([, bound]) => bound !== undefined && Number.isSafeInteger(Number(bound)),
  );
  return Object.fromEntries(exact.map(([keyword, bound]) => [keyword, Number(bound)]));
}

/** Whether the lower bound is 0, so that no sign is allowed. */
function isNatural(min: string | undefined): boolean {
  return min !== undefined && BigInt(min) === 0n;
}

/** Base64 with its padding, without bits behind the last byte. Source: RFC 4648, sections 3.5 and 4. */
const BASE64 = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$";

/** The schema of bytes: base64 in a string. Lengths are those of the base64 text. */
export function bytesSchema({ minLen, maxLen }: BytesNode): SchemaObject {
  const encoded = (bytes: number): number => Math.ceil(bytes / 3) * 4;
  return {
    type: "string",
    contentEncoding: "base64",
    pattern: BASE64,
    contentMediaType: "application/octet-stream",
    ...(minLen === undefined ? {} : { minLength: encoded(minLen) }),
    ...(maxLen === undefined ? {} : { maxLength: encoded(maxLen) }),
  };
}
