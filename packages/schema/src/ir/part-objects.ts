import type { LiteralValue, Node, ObjectNode, TypeIndex } from "./ir.ts";

/** A partition of object types by the value of one property. An arm may be in several parts. */
export interface Parting {
  /** The name of the property. */
  readonly name: string;
  /** The types that remain possible for each literal value of the property. */
  readonly values: ReadonlyMap<LiteralValue, readonly TypeIndex[]>;
  /** The types that remain possible where the property has another value. */
  readonly unknown: readonly TypeIndex[];
  /** The types that remain possible where the property is absent. */
  readonly missing: readonly TypeIndex[];
  /** The largest number of types that remain possible for any value. */
  readonly widest: number;
}

/**
 * Finds the property whose values leave the fewest object types possible; undefined where no property rules any out. A
 * type that does not fix the property to literals remains possible for every value. The validator in Rust uses the same
 * rule.
 */
export function partObjects(
  arms: readonly TypeIndex[],
  nodeOf: (type: TypeIndex) => Node,
  used: ReadonlySet<string>,
): Parting | undefined {
  const objects = arms.map((arm) => nodeOf(arm) as ObjectNode);
  const names = new Set(
    objects.flatMap(({ properties }) =>
      properties.filter(({ type }) => literalsOf(nodeOf(type)) !== undefined).map(({ name }) => name),
    ),
  );
  // A property of `Object.prototype` would be found on every object.
  const candidates = [...names].filter((name) => !used.has(name) && !(name in Object.prototype));
  return candidates
    .map((name) => partBy(name, arms, objects, nodeOf))
    .filter(({ widest }) => widest < arms.length)
    .sort((a, b) => a.widest - b.widest || a.missing.length - b.missing.length)[0];
}

/** Parts object types by one property. */
function partBy(
  name: string,
  arms: readonly TypeIndex[],
  objects: readonly ObjectNode[],
  nodeOf: (type: TypeIndex) => Node,
): Parting {
  const fixed = objects.map(({ properties }) => {
    const property = properties.find((candidate) => candidate.name === name);
    return { property, literals: property && literalsOf(nodeOf(property.type)) };
  });
  const leave = (keeps: (at: (typeof fixed)[number]) => boolean): TypeIndex[] =>
    arms.filter((_, index) => keeps(fixed[index]!));
  const all = new Set(fixed.flatMap(({ literals }) => literals ?? []));
  const values = new Map(
    [...all].map((value) => [
      value,
      leave(({ literals }) => literals === undefined || literals.includes(value)),
    ]),
  );
  const unknown = leave(({ literals }) => literals === undefined);
  const missing = leave(({ property }) => property === undefined || property.optional);
  const widest = Math.max(unknown.length, ...[...values.values()].map(({ length }) => length));
  return { name, values, unknown, missing, widest };
}

/** The values of a literal or enum type; undefined for other types. */
export function literalsOf(node: Node): readonly LiteralValue[] | undefined {
  if (node.kind === "literal") return [node.value];
  return node.kind === "enum" ? node.values : undefined;
}
