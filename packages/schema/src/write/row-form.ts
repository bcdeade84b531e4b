import type { Node, StringNode, TypeIndex } from "../ir/ir.ts";
import { textRules } from "../rules/text-rule.ts";

/** The classes of values that a property takes, as bits; `crates/sqldb/src/rows_answer/form.rs` has the same. */
const Class = {
  Null: 1,
  Boolean: 2,
  Number: 4,
  Integer: 8,
  String: 16,
  Date: 32,
  BigInt: 64,
  Bytes: 128,
  Any: 256,
} as const;

/** The form in which Rust writes rows: the properties of an object type, in their declared order. */
export class RowForm {
  /** The properties as JSON: `[[name, classes, optional, choices], …]`. */
  readonly text: string;
  /** The number by which Rust knows the form; 0 until it does. Set by whoever has told it. */
  number = 0;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a property takes: bits of its classes, and the texts of which a string must be one; none for any. */
interface Taken {
  readonly classes: number;
  readonly choices: readonly string[];
}

/**
 * The form of rows of an object type.
 *
 * Shape:  `undefined` for a type whose rows Rust does not write: one with an index signature, with properties that have parts of
 *         their own, or with constraints that only the serializer checks.
 */
export function rowFormOf(type: TypeIndex, nodeOf: (type: TypeIndex) => Node): RowForm | undefined {
  const node = nodeOf(type);
  if (node.kind !== "object" || node.additional !== null || node.closed) return undefined;
  const properties: unknown[] = [];
  for (const { name, type: of, optional } of node.properties) {
    const taken = takenBy(nodeOf(of), nodeOf);
    if (taken === undefined || name === "__proto__") return undefined;
    properties.push([name, taken.classes, optional, taken.choices]);
  }
  return new RowForm(JSON.stringify(properties));
}

function takenBy(node: Node, nodeOf: (type: TypeIndex) => Node): Taken | undefined {
  switch (node.kind) {
    case "any":
      return ofClass(Class.Any);
    case "null":
      return ofClass(Class.Null);
    case "boolean":
      return ofClass(Class.Boolean);
    case "number":
      return isFree(node, ["kind", "int"]) ? ofClass(node.int ? Class.Integer : Class.Number) : undefined;
    case "string":
      return textRules(node as StringNode).length === 0 ? ofClass(Class.String) : undefined;
    case "literal":
      return choices([node.value]);
    case "enum":
      return choices(node.values);
    case "date":
      return ofClass(Class.Date);
    case "bigint":
      return isFree(node, ["kind"]) ? ofClass(Class.BigInt) : undefined;
    case "bytes":
      return isFree(node, ["kind"]) ? ofClass(Class.Bytes) : undefined;
    case "union":
      return merged(node.arms.map((arm) => takenBy(nodeOf(arm), nodeOf)));
    default:
      return undefined;
  }
}

function ofClass(classes: number): Taken {
  return { classes, choices: [] };
}

/** What one of several literals takes; `undefined` unless all of them are texts. */
function choices(values: readonly unknown[]): Taken | undefined {
  if (values.length === 0 || !values.every((value) => typeof value === "string")) return undefined;
  return { classes: Class.String, choices: values as readonly string[] };
}

/** Whether a node has no constraint, that is no fields but these. */
function isFree(node: Node, fields: readonly string[]): boolean {
  return Object.keys(node).every((name) => fields.includes(name));
}

/** What any of the arms takes; `undefined` where one of them is unknown. */
function merged(arms: readonly (Taken | undefined)[]): Taken | undefined {
  const known = arms.filter((arm) => arm !== undefined);
  if (known.length < arms.length || arms.length === 0) return undefined;
  const classes = known.reduce((all, arm) => all | arm.classes, 0);
  if (classes & Class.Any) return ofClass(Class.Any);
  const texts = known.filter((arm) => arm.classes & Class.String);
  const takesAnyText = texts.some((arm) => arm.choices.length === 0);
  return { classes, choices: takesAnyText ? [] : texts.flatMap((arm) => arm.choices) };
}
