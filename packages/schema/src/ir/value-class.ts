import { types } from "node:util";
import type { LiteralValue, Node } from "./ir.ts";

/** The class of a JavaScript value, by which a union chooses its arms. */
export type ValueClass =
  "null" | "string" | "number" | "boolean" | "bigint" | "array" | "date" | "bytes" | "object";

/** The class of a value; `undefined` for a value that no type accepts. */
export function classOf(value: unknown): ValueClass | undefined {
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
    case "bigint":
      return typeof value as ValueClass;
    case "object":
      return value === null ? "null" : classOfObject(value);
    default:
      return undefined;
  }
}

/**
 * The class of an object. Dates and bytes are known by their internal slots, so that those of another realm (a `vm`
 * context) count too.
 */
function classOfObject(value: object): ValueClass {
  if (Array.isArray(value)) return "array";
  if (types.isDate(value)) return "date";
  return types.isUint8Array(value) ? "bytes" : "object";
}

/** The class of each kind of node whose values are of one class. */
const CLASSES: Readonly<Record<Exclude<Node["kind"], "literal" | "enum" | "any" | "union">, ValueClass>> = {
  null: "null",
  boolean: "boolean",
  number: "number",
  string: "string",
  template: "string",
  array: "array",
  tuple: "array",
  object: "object",
  date: "date",
  bigint: "bigint",
  bytes: "bytes",
};

/**
 * The classes of values that a type accepts; `undefined` for a type that accepts any. A union must be flattened first.
 */
export function classesOf(node: Node): ReadonlySet<ValueClass> | undefined {
  if (node.kind === "any" || node.kind === "union") return undefined;
  if (node.kind === "literal") return new Set([classOfLiteral(node.value)]);
  if (node.kind === "enum") return new Set(node.values.map(classOfLiteral));
  return new Set([CLASSES[node.kind]]);
}

/** The class of a literal's value. */
function classOfLiteral(value: LiteralValue | null): ValueClass {
  return value === null ? "null" : (typeof value as ValueClass);
}
