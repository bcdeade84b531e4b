import type { PgType } from "../database/pg-type.ts";
import type { ValueKind, ValueShape } from "../source/value-shape.ts";

/** How a database reads `int8`: its option `bigint`; `undefined` where only the running app knows it. */
export type BigintOption = string | undefined;

/** The kind of the values that a type is read as; `undefined` where it is not known, or anything. */
export function readKind(type: PgType, bigint: BigintOption): ValueKind | undefined {
  switch (type.form) {
    case "int8":
      return bigint === "number" || bigint === "bigint" || bigint === "string" ? bigint : undefined;
    case "instant":
      return "date";
    case "json":
      return undefined;
    case "vector":
      return "array";
    case "text":
      return "string";
    default:
      return type.form;
  }
}

/** The TypeScript type of a column's values, as a row declares it. */
export function writtenType(type: PgType, bigint: BigintOption): string {
  switch (type.form) {
    case "array": {
      const element = type.element === undefined ? "unknown" : writtenType(type.element, bigint);
      return /[ |]/.test(element) ? `(${element})[]` : `${element}[]`;
    }
    case "int8":
      return bigint ?? "string | number | bigint";
    case "instant":
      return "Date";
    case "bytes":
      return "Buffer";
    case "json":
      return "unknown";
    case "vector":
      return "number[]";
    case "text":
      return type.labels === undefined
        ? "string"
        : type.labels.map((label) => JSON.stringify(label)).join(" | ");
    default:
      return type.form;
  }
}

/** Whether a property may hold what is read from a column: its type has the kind, and an enum's type every label. */
export function holds(shape: ValueShape, type: PgType, bigint: BigintOption): boolean {
  const kind = readKind(type, bigint);
  if (shape.isAny || kind === undefined) return true;
  if (!shape.kinds.includes(kind)) return false;
  if (kind === "array" && type.element !== undefined && shape.element !== undefined)
    return shape.element.kinds.includes("array") || holds(shape.element, type.element, bigint);
  const { literals } = shape;
  return (
    type.labels === undefined ||
    literals === undefined ||
    type.labels.every((label) => literals.includes(label))
  );
}
