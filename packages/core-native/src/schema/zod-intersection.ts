import type { Node, ObjectNode, PropertyNode, TypeIndex } from "./ir.ts";
import type { Partly } from "./zod-scalar.ts";

const SCALARS: ReadonlySet<Node["kind"]> = new Set([
  "null",
  "boolean",
  "number",
  "string",
  "literal",
  "enum",
  "template",
]);

/**
 * The node of values that fit both sides.
 *
 * Both sides look at the whole input, so nothing may be dropped that either knows: a property they describe differently
 * becomes `any`, and so does what is not two plain objects.
 */
export function mergeObjects(left: Node, right: Node, arena: Node[]): Partly {
  if (isPlain(left) && isPlain(right)) return merge(left, right, arena);
  // Scalars have nothing to drop, so one side's check is a part of the whole.
  if (SCALARS.has(left.kind)) return { node: left, exact: false };
  return { node: { kind: "any" }, exact: false };
}

function isPlain(node: Node): node is ObjectNode {
  return node.kind === "object" && node.additional === null && node.closed !== true;
}

function merge(left: ObjectNode, right: ObjectNode, arena: Node[]): Partly<ObjectNode> {
  let exact = true;
  const others = new Map(right.properties.map((property) => [property.name, property]));
  const properties = left.properties.map((property): PropertyNode => {
    const other = others.get(property.name);
    if (!other) return property;
    others.delete(property.name);
    const optional = property.optional && other.optional;
    if (isSame(property.type, other.type, arena)) return { ...property, optional };
    exact = false;
    return { ...property, optional, type: arena.push({ kind: "any" }) - 1 };
  });
  return {
    node: { kind: "object", properties: [...properties, ...others.values()], additional: null },
    exact,
  };
}

/** The same node, or two scalars that say the same. */
function isSame(one: TypeIndex, other: TypeIndex, arena: readonly Node[]): boolean {
  if (one === other) return true;
  return SCALARS.has(arena[one]!.kind) && JSON.stringify(arena[one]) === JSON.stringify(arena[other]);
}
