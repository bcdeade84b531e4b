import type { LiteralValue, Node, ObjectNode, TypeIndex } from "./ir.ts";
import { classesOf, type ValueClass } from "./value-class.ts";
import type { Definition } from "./zod-definition.ts";
import type { Partly } from "./zod-scalar.ts";

/**
 * The node of a union whose arms are all there.
 *
 * zod takes the first option that fits, Rust every property that any fitting arm knows. The two agree where at most one
 * arm can fit a value, and on scalars, which no arm changes.
 */
export function unionOf(arms: readonly TypeIndex[], def: Definition, arena: readonly Node[]): Partly {
  const leaves = leavesOf(arms, arena);
  const discriminator = def["discriminator"];
  const tag =
    typeof discriminator === "string" && isTag(discriminator, leaves, arena) ? discriminator : undefined;
  const isTagged = tag !== undefined && def["unionFallback"] !== true;
  if (isTagged) {
    // A tag belongs to a union of objects alone; of unions of objects it still tells which one.
    const flat = leaves.length === arms.length;
    return { node: flat ? { kind: "union", arms, tag } : { kind: "union", arms }, exact: true };
  }
  // Otherwise zod wants exactly one option to fit, or chooses by a tag that Rust cannot use.
  return { node: { kind: "union", arms }, exact: def["inclusive"] !== false && canTellApart(arms, arena) };
}

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

/** A property that every arm requires, with literals that no two share. */
function isTag(name: string, leaves: readonly Node[], arena: readonly Node[]): boolean {
  const literals = leaves.map((leaf) => (leaf.kind === "object" ? literalsOf(leaf, name, arena) : undefined));
  const values = literals.flatMap((some) => some ?? []);
  return !literals.includes(undefined) && new Set(values).size === values.length;
}

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

/** Tells whether no two arms take values of one class, scalars aside. What an arm does within itself is its own affair. */
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

const SCALARS: ReadonlySet<string> = new Set(["null", "string", "number", "boolean"]);

/** Dates, big integers and bytes are text on the wire. */
function onWire(name: ValueClass): string {
  return name === "date" || name === "bytes" || name === "bigint" ? "tagged" : name;
}
