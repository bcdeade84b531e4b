import type { PgType } from "../database/pg-type.ts";
import type { ValueKind, ValueShape } from "../source/value-shape.ts";

/** The kinds that each type takes as a parameter, beside NULL. Values are sent as text, which the server reads by the type. */
const NUMBERS: readonly ValueKind[] = ["number"];
const TAKEN: Readonly<Record<string, readonly ValueKind[]>> = {
  ...{ bool: ["boolean"], bytea: ["bytes"], money: ["string", "number", "bigint"] },
  ...{ int2: NUMBERS, int4: ["number", "bigint"], int8: ["number", "bigint", "string"] },
  ...{ oid: ["number", "bigint", "string"], float4: NUMBERS, float8: ["number", "bigint"] },
  numeric: ["number", "bigint", "string"],
  ...{ date: ["string", "date"], timestamp: ["string", "date"], timestamptz: ["string", "date"] },
  ...{ vector: ["array", "string"], json: ["object", "array", "string", "number", "boolean"] },
};
const TEXTS: ReadonlySet<string> = new Set(["text", "varchar", "bpchar", "name", "xml"]);
const TEXT: readonly ValueKind[] = ["string", "bytes"];

/** What is wrong with a value for a parameter of a type: the misfitting kind, with the next step. */
export interface Misfit {
  readonly why: string;
  readonly hint: string;
}

/** Compares the type of a value with that of its parameter; `undefined` where they fit, or where the value may be anything. */
export function misfitOf(shape: ValueShape, type: PgType): Misfit | undefined {
  if (shape.isAny) return undefined;
  const kinds = shape.kinds.filter((kind) => kind !== "null" && kind !== "undefined");
  if (kinds.includes("function")) {
    return { why: "a function or symbol is no value", hint: "Pass what it returns." };
  }
  if (type.form === "array") return arrayMisfit(shape, kinds, type);
  const taken = takenBy(type);
  const wrong = kinds.find((kind) => !taken.includes(kind));
  if (wrong !== undefined) return { why: `${type.name} takes ${listed(taken)}`, hint: hintFor(wrong, type) };
  return labelMisfit(shape, type);
}

function takenBy(type: PgType): readonly ValueKind[] {
  if (type.base === "jsonb") return TAKEN["json"]!;
  if (TEXTS.has(type.base)) return TEXT;
  return TAKEN[type.base] ?? ["string"];
}

function arrayMisfit(shape: ValueShape, kinds: readonly ValueKind[], type: PgType): Misfit | undefined {
  // A text is an array literal, such as '{1,2}'.
  const wrong = kinds.find((kind) => kind !== "array" && kind !== "string");
  if (wrong !== undefined)
    return {
      why: `${type.name} takes an array`,
      hint: "Pass an array, or compare with `=` in the place of `= any(…)`.",
    };
  const { element } = shape;
  if (element === undefined || type.element === undefined || element.kinds.includes("array"))
    return undefined;
  const inner = misfitOf(element, type.element);
  return inner === undefined ? undefined : { ...inner, why: `its elements: ${inner.why}` };
}

/** An enum's parameter whose type allows texts that are no labels. */
function labelMisfit({ literals }: ValueShape, { labels, name }: PgType): Misfit | undefined {
  if (literals === undefined || labels === undefined) return undefined;
  const strange = literals.filter((text) => !labels.includes(text));
  if (strange.length === 0) return undefined;
  return {
    why: `the enum ${name} has no ${quoted(strange)}`,
    hint: `It has ${quoted(labels)}; add the label in a migration, or correct the type.`,
  };
}

function hintFor(kind: ValueKind, { name, base, form }: PgType): string {
  if (kind === "string" && (form === "number" || base === "bool"))
    return `Convert the value before (\`Number(…)\`), or let the server do it: \`\${…}::text::${name}\`.`;
  if (kind === "number" && (base === "timestamptz" || base === "timestamp"))
    return "Pass a Date: `new Date(…)`, or `to_timestamp(${…})`, which takes seconds.";
  if (TEXTS.has(base))
    return "Convert the value: `String(…)`, or say its own type in the statement: `${…}::int4`.";
  return `Convert the value, or say its own type in the statement with a cast: \`\${…}::${name}\` is what the server wants here.`;
}

function quoted(texts: readonly string[]): string {
  return texts.map((text) => JSON.stringify(text)).join(", ");
}

const NAMES: Readonly<Record<string, string>> = {
  ...{ date: "a Date", bytes: "bytes", array: "an array", object: "an object" },
  ...{ string: "a string", number: "a number", bigint: "a bigint", boolean: "a boolean" },
};

function listed(kinds: readonly ValueKind[]): string {
  const names = kinds.map((kind) => NAMES[kind] ?? kind);
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}
