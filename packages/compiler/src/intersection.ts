import { constrain } from "./constraint.ts";
import type { Node, TypeIndex } from "./manifest.ts";
import { isMarker, isPlace, markerOf, markerTypeName, misplacedField, type Marker } from "./marker.ts";
import { readObject } from "./object.ts";
import type { Site } from "./site.ts";
import type { Property, Type } from "./type-source.ts";
import type { TypeReader } from "./type-reader.ts";

interface ObjectPart {
  type: Type;
  properties: readonly Property[];
}

export interface Split {
  /** Primitives, arrays, tuples, dates, bytes: what a JSON value can be beside a plain object. */
  values: Type[];
  objects: ObjectPart[];
  markers: Marker[];
}

/** The node of an intersection: constraints applied, brands dropped, objects merged. A place has no meaning here. */
export function readIntersection(
  reader: TypeReader,
  type: Type,
  parts: readonly Type[],
  site: Site,
): Node | TypeIndex {
  const split = splitParts(reader, parts);
  for (const { name } of split.markers.filter((marker) => isPlace(marker.name))) {
    misplacedField(reader, markerTypeName(name), site);
  }
  return readSplit(reader, type, split, site);
}

/** The same for members already split; places among the markers are passed over. */
export function readSplit(reader: TypeReader, type: Type, split: Split, site: Site): Node | TypeIndex {
  const { values, objects, markers } = split;
  const constraints = markers.filter((marker) => !isPlace(marker.name));
  const base = readBase(reader, type, { values, objects, markers: constraints }, site);
  if (constraints.length === 0) return base;
  let node = typeof base === "number" ? reader.node(base) : base;
  for (const constraint of constraints) node = constrain(reader, node, constraint, site);
  return node;
}

/** Splits an intersection's members; objects that say nothing (`{}`) are left out. */
export function splitParts(reader: TypeReader, parts: readonly Type[]): Split {
  const split: Split = { values: [], objects: [], markers: [] };
  for (const part of parts) {
    const shape = reader.source.shape(part);
    if (shape.kind !== "object" || shape.class || shape.callable || isLibraryValue(shape.package)) {
      split.values.push(part);
      continue;
    }
    const properties = reader.source.properties(part);
    if (properties.length > 0 && properties.every(isMarker)) {
      split.markers.push(...properties.map((property) => markerOf(property, reader.source)));
    } else if (properties.length > 0 || reader.source.indexSignatures(part).length > 0) {
      split.objects.push({ type: part, properties });
    }
  }
  return split;
}

function isLibraryValue(packageName: string | null): boolean {
  return packageName === "lib" || packageName === "@types/node";
}

function readBase(reader: TypeReader, type: Type, split: Split, site: Site): Node | TypeIndex {
  const { values, objects, markers } = split;
  const [value] = values;
  if (value === undefined)
    return objects.length === 0
      ? emptyBase(reader, type, markers, site)
      : mergeObjects(reader, type, objects, site);
  const strangers = objects.filter(({ properties }) => !properties.every(isValueBrand));
  if (strangers.length > 0) return reader.refuse(type, { kind: "never" }, site);
  if (values.length === 1) return reader.read(value, site);
  return mergeStrings(reader, type, values, site);
}

/** A brand on a primitive is no property that a value could have: symbols, `__brand`, `brand`, `_tag`. */
function isValueBrand(property: Property): boolean {
  return property.symbolKey || /^_|brand|opaque|nominal|^tag$/i.test(property.name);
}

/** On an object a named property is data unless it can only be a brand: symbols and `__brand`. */
function isObjectBrand(property: Property): boolean {
  return property.symbolKey || property.name.startsWith("__");
}

function emptyBase(reader: TypeReader, type: Type, markers: readonly Marker[], site: Site): Node {
  if (markers.length === 0) return { kind: "object", properties: [], additional: null };
  const message = `\`${site.path}\`: \`${reader.source.print(type)}\` constrains no type`;
  reader.report(
    site,
    "constraint_misplaced",
    message,
    "Intersect the constraints with `string`, `number` or an array.",
  );
  return { kind: "any" };
}

function mergeObjects(
  reader: TypeReader,
  type: Type,
  objects: readonly ObjectPart[],
  site: Site,
): Node | TypeIndex {
  const data = objects.filter(
    ({ properties }) => properties.length === 0 || !properties.every(isObjectBrand),
  );
  const [only] = data;
  if (data.length === 1 && only !== undefined) return reader.read(only.type, site);
  const brands = new Set(
    objects
      .filter((part) => !data.includes(part))
      .flatMap(({ properties }) => properties.map(({ name }) => name)),
  );
  const all = mergedProperties(reader, type);
  const properties = all.filter(({ name }) => !brands.has(name));
  return readObject(reader, type, data.length === 0 ? all : properties, site);
}

/** `string & \`a${string}\` & \`${string}z\``: every pattern must match. */
function mergeStrings(reader: TypeReader, type: Type, values: readonly Type[], site: Site): Node {
  const patterns: string[] = [];
  for (const value of values) {
    const node = reader.node(reader.read(value, site));
    if (node.kind === "template") patterns.push(node.pattern);
    else if (node.kind !== "string") return reader.refuse(type, { kind: "never" }, site);
  }
  return patterns.length === 0 ? { kind: "string" } : { kind: "string", patterns };
}

/** The properties of an intersection as they stand in the files: the order of its members is the checker's own. */
export function mergedProperties(reader: TypeReader, type: Type): readonly Property[] {
  return [...reader.source.properties(type)].sort((a, b) => {
    const [left, right] = [a.location, b.location];
    if (left === null || right === null)
      return left === right ? (a.name < b.name ? -1 : 1) : left === null ? 1 : -1;
    if (left.path !== right.path) return left.path < right.path ? -1 : 1;
    return left.start - right.start || (a.name < b.name ? -1 : 1);
  });
}
