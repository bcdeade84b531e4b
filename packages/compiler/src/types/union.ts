import { builtInOf } from "./built-in.ts";
import { isEmptyIntersection } from "./intersection.ts";
import type { Node, TypeIndex } from "@twinloop/core-native/build-time";
import type { Site } from "./site.ts";
import type { Shape, Type } from "../typescript/type-source.ts";
import type { TypeReading } from "./type-reading.ts";

type Literal = string | number | boolean;

/** Reads one member of a union; fields of a request use a function that removes the place markers. */
export type ReadPart = (part: Type, site: Site) => TypeIndex;

/** The node of a union: one enumeration for its literals, one arm for each other member, null included. */
export function readUnion(
  reader: TypeReading,
  parts: readonly Type[],
  site: Site,
  index: TypeIndex,
  readPart: ReadPart = (part, at) => reader.read(part, at),
): Node | TypeIndex {
  const { literals, arms, hasNull } = sortParts(reader, parts, site, readPart);
  const kinds = new Set([...arms].map((arm) => plainKind(reader.node(arm))));
  const values = [...literals].filter((value) => !kinds.has(typeof value));
  const both = values.includes(true) && values.includes(false);
  if (both) arms.add(reader.add({ kind: "boolean" }));
  const enumerated = both ? values.filter((value) => typeof value !== "boolean") : values;
  if (enumerated.length > 0 || (arms.size === 0 && !hasNull)) arms.add(reader.add(enumeration(enumerated)));
  if (hasNull) arms.add(reader.add({ kind: "null" }));
  const [only] = arms;
  if (arms.size === 1 && only !== undefined) return only;
  reader.unions.push({ index, site });
  return { kind: "union", arms: [...arms] };
}

function sortParts(
  reader: TypeReading,
  parts: readonly Type[],
  site: Site,
  readPart: ReadPart,
): { literals: Set<Literal>; arms: Set<TypeIndex>; hasNull: boolean } {
  const literals = new Set<Literal>();
  const arms = new Set<TypeIndex>();
  let hasNull = false;
  for (const part of expressible(reader, parts, site)) {
    const index = readPart(part, site);
    const node = reader.node(index);
    if (node.kind === "null") hasNull = true;
    else if (node.kind === "literal") literals.add(node.value);
    else if (node.kind === "enum") for (const value of node.values) literals.add(value);
    else arms.add(index);
  }
  return { literals, arms, hasNull };
}

/**
 * The members that JSON can represent. In a package's type, members that only exist in a program (a `RegExp` beside a
 * string) are skipped; in the app's own type they are a problem.
 */
function expressible(reader: TypeReading, parts: readonly Type[], site: Site): readonly Type[] {
  const kept = parts.filter((part) => {
    const shape = reader.source.shape(part);
    if (shape.kind === "intersection") return !isEmptyIntersection(reader, shape.parts);
    return site.foreign !== true || site.outgoing === true || !isProgramValue(reader, part, shape);
  });
  return kept.length === 0 ? parts : kept;
}

function isProgramValue(reader: TypeReading, part: Type, shape: Shape): boolean {
  if (shape.kind === "symbol") return true;
  if (shape.kind !== "object" || builtInOf(reader.source, part, shape) !== null) return false;
  return shape.class || shape.callable || shape.package === "lib";
}

function enumeration(values: readonly Literal[]): Node {
  const [only] = values;
  if (values.length === 1 && only !== undefined) return { kind: "literal", value: only };
  const sorted = [...values].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0));
  return { kind: "enum", values: sorted };
}

function rank(value: Literal): number {
  return ["string", "number", "boolean"].indexOf(typeof value);
}

/** The literal type that an unconstrained arm makes redundant: `"a" | (string & {})` is a string. */
function plainKind(node: Node): string | null {
  return Object.keys(node).length === 1 ? node.kind : null;
}
