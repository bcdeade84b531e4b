import type { Node, ObjectNode, PropertyNode, TypeIndex } from "../ir/ir.ts";
import type { Partly } from "./zod-scalar.ts";

/** The kinds of nodes whose values have no properties. */
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
 * The node of values that both sides of an intersection accept.
 *
 * Both sides see the whole input, so no property that either declares may be dropped: a property that they describe
 * differently becomes `any`, and so does an intersection of anything but two plain objects.
 */
export function mergeObjects(left: Node, right: Node, arena: Node[]): Partly {
  if (isPlain(left) && isPlain(right)) return merge(left, right, arena);
  // A scalar has no properties to drop, so checking one side is correct but incomplete.
  if (SCALARS.has(left.kind)) return { node: left, exact: false };
  return { node: { kind: "any" }, exact: false };
}

/** Whether a node is an object without an index signature that is not closed. */
function isPlain(node: Node): node is ObjectNode {
  return node.kind === "object" && node.additional === null && node.closed !== true;
}

/** The properties of both objects; one that both declare is optional where it is in both. */
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

/** Whether two types are the same node, or equal scalars. */
function isSame(one: TypeIndex, other: TypeIndex, arena: readonly Node[]): boolean {
  if (one === other) return true;
  return SCALARS.has(arena[one]!.kind) && JSON.stringify(arena[one]) === JSON.stringify(arena[other]);
}
