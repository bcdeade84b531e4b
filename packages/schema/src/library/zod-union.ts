import type { LiteralValue, Node, ObjectNode, TypeIndex } from "../ir/ir.ts";
import { classesOf, type ValueClass } from "../ir/value-class.ts";
import type { Definition } from "./zod-definition.ts";
import type { Partly } from "./zod-scalar.ts";

/**
 * The node of a union whose arms have all been converted.
 *
 * zod takes the first option that fits; Rust keeps every property that any fitting arm declares. The results are equal
 * where at most one arm can fit a value, and for scalars, which no arm changes.
 */
export function unionOf(arms: readonly TypeIndex[], def: Definition, arena: readonly Node[]): Partly {
  const leaves = leavesOf(arms, arena);
  const discriminator = def["discriminator"];
  const tag =
    typeof discriminator === "string" && isTag(discriminator, leaves, arena) ? discriminator : undefined;
  const isTagged = tag !== undefined && def["unionFallback"] !== true;
  if (isTagged) {
    // Only a union of objects alone has a tag; in unions of unions of objects the tag still selects the arm.
    const flat = leaves.length === arms.length;
    const node: Node = { kind: "union", arms: [...arms], ...(flat ? { tag } : {}) };
    return { node, exact: true };
  }
  // Here zod requires exactly one option to fit, or selects by a tag that Rust cannot use.
  const node: Node = { kind: "union", arms: [...arms] };
  return { node, exact: def["inclusive"] !== false && canTellApart(arms, arena) };
}

/** The arms of a union with those of unions within it. */
function leavesOf(arms: readonly TypeIndex[], arena: readonly Node[]): readonly Node[] {
  const seen = new Set<TypeIndex>();
  const visit = (arm: TypeIndex): Node[] => {
    if (seen.has(arm)) return [];
    seen.add(arm);
    const node = arena[arm]!;
    return node.kind === "union" ? node.arms.flatMap(visit) : [node];
  };
  return arms.flatMap(visit);
}

/** Whether every arm requires the property, with literals that no two arms share. */
function isTag(name: string, leaves: readonly Node[], arena: readonly Node[]): boolean {
  const literals = leaves.map((leaf) => (leaf.kind === "object" ? literalsOf(leaf, name, arena) : undefined));
  const values = literals.flatMap((some) => some ?? []);
  return !literals.includes(undefined) && new Set(values).size === values.length;
}

/** The literals of a required property; `undefined` where it is optional or is no literal. */
function literalsOf(
  { properties }: ObjectNode,
  name: string,
  arena: readonly Node[],
): readonly LiteralValue[] | undefined {
  const property = properties.find((candidate) => candidate.name === name);
  const node = property && !property.optional ? arena[property.type]! : undefined;
  if (node?.kind === "literal") return [node.value];
  return node?.kind === "enum" ? node.values : undefined;
}

/**
 * Whether no two arms accept values of one class, scalars aside. Unions within an arm are not compared with each other.
 */
function canTellApart(arms: readonly TypeIndex[], arena: readonly Node[]): boolean {
  const taken = new Set<string>();
  for (const arm of arms) {
    const leaves = leavesOf([arm], arena).map(classesOf);
    if (leaves.includes(undefined)) return arms.length === 1;
    const classes = new Set(leaves.flatMap((some) => [...some!].map(onWire)));
    if ([...classes].some((name) => !SCALARS.has(name) && taken.has(name))) return false;
    for (const name of classes) taken.add(name);
  }
  return !(taken.has("tagged") && (taken.has("string") || taken.has("number")));
}

/** The classes whose values no arm changes, so that it does not matter which arm takes them. */
const SCALARS: ReadonlySet<string> = new Set(["null", "string", "number", "boolean"]);

/** The class of a value on the wire, where dates, big integers and bytes are text. */
function onWire(name: ValueClass): string {
  return name === "date" || name === "bytes" || name === "bigint" ? "tagged" : name;
}
