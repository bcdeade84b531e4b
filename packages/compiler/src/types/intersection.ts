import { constrain } from "./constraint.ts";
import type { Node, TypeIndex } from "@twinloop/core-native/build-time";
import {
  isConstraint,
  isForm,
  isMarker,
  isPlace,
  markerOf,
  markerTypeName,
  misplacedField,
  misplacedForm,
  type Marker,
} from "./marker.ts";
import { readObject } from "./object.ts";
import { builtInOf } from "./built-in.ts";
import { insideSite, shortPath, type Site } from "./site.ts";
import type { ObjectShape, Property, Shape, TupleElement, Type } from "../typescript/type-source.ts";
import type { TypeReading } from "./type-reading.ts";

interface ObjectPart {
  type: Type;
  properties: readonly Property[];
}

export interface Split {
  /** The members that are not plain objects: primitives, arrays, tuples, dates, bytes. */
  values: Type[];
  objects: ObjectPart[];
  markers: Marker[];
}

/** The node of an intersection: constraints applied, brands dropped, objects merged. Place markers are refused here. */
export function readIntersection(
  reader: TypeReading,
  type: Type,
  parts: readonly Type[],
  site: Site,
): Node | TypeIndex {
  const split = splitParts(reader, parts);
  for (const { name } of split.markers.filter((marker) => isPlace(marker.name))) {
    misplacedField(reader, markerTypeName(name), site);
  }
  for (const { name } of split.markers.filter((marker) => isForm(marker.name))) {
    misplacedForm(reader, markerTypeName(name), site);
  }
  return readSplit(reader, type, split, site);
}

/** The node of an intersection whose members are already split; place markers are ignored. */
export function readSplit(reader: TypeReading, type: Type, split: Split, site: Site): Node | TypeIndex {
  const { values, objects, markers } = split;
  const constraints = markers.filter(isConstraint);
  const base = readBase(reader, type, { values, objects, markers: constraints }, site);
  if (constraints.length === 0) return base;
  let node = typeof base === "number" ? reader.node(base) : base;
  for (const constraint of constraints) node = constrain(reader, node, constraint, site);
  return node;
}

/** Splits an intersection's members; objects without information (`{}`, `object`) are left out. */
export function splitParts(reader: TypeReading, parts: readonly Type[]): Split {
  const split: Split = { values: [], objects: [], markers: [] };
  for (const part of parts) {
    const shape = reader.source.shape(part);
    if (shape.kind === "nonPrimitive") continue;
    if (shape.kind !== "object" || isValue(reader, part, shape)) {
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

/**
 * Whether no JSON value fits all members of an intersection: a primitive and a list, which the checker makes of
 * `(string | X[]) & (string | Y[])`. In a union such a member adds nothing.
 */
export function isEmptyIntersection(reader: TypeReading, parts: readonly Type[]): boolean {
  const kinds = splitParts(reader, parts).values.map((value) => reader.source.shape(value).kind);
  const lists = kinds.filter((kind) => kind === "array" || kind === "tuple").length;
  return lists > 0 && lists < kinds.length;
}

/** Whether an object type is more than its properties: a class, a function, a date, an extension of an array. */
function isValue(reader: TypeReading, type: Type, shape: ObjectShape): boolean {
  const isLibrary = shape.package === "lib" || shape.package === "@types/node";
  return shape.class || shape.callable || isLibrary || builtInOf(reader.source, type, shape) !== null;
}

function readBase(reader: TypeReading, type: Type, split: Split, site: Site): Node | TypeIndex {
  const { values, objects, markers } = split;
  const [value] = values;
  if (value === undefined)
    return objects.length === 0
      ? emptyBase(reader, type, markers, site)
      : mergeObjects(reader, type, objects, site);
  const kinds = values.map((each) => reader.source.shape(each).kind);
  // An object intersected with a primitive is a brand: no primitive has own properties.
  if (!kinds.some((kind) => containers.has(kind))) {
    return values.length === 1 ? reader.read(value, site) : mergeStrings(reader, type, values, site);
  }
  const added = objects.flatMap(({ properties }) => properties).find((property) => !isListBrand(property));
  if (added !== undefined) return refuseAdded(reader, type, added, site);
  if (values.length === 1) return reader.read(value, site);
  return mergeLists(reader, type, values, site);
}

const containers: ReadonlySet<string> = new Set(["object", "array", "tuple"]);

/** Whether a property of a list is a brand, by its symbol key or its name; JSON gives a list, a date or bytes no named property. */
function isListBrand(property: Property): boolean {
  return property.symbolKey || /^_|brand|opaque|nominal|^tag$/i.test(property.name);
}

function refuseAdded(reader: TypeReading, type: Type, { name }: Property, site: Site): Node {
  const message = `\`${shortPath(site.path)}\`: \`${reader.source.print(type)}\` adds the property \`${name}\` to what JSON writes without properties`;
  const hint = "Declare an object that holds both; key a brand by a `unique symbol`.";
  reader.report(site, "type_not_json", message, hint);
  return { kind: "any" };
}

/** The node of `A[] & B[]`, whose items fit both types; likewise for each place of a tuple. */
function mergeLists(reader: TypeReading, type: Type, values: readonly Type[], site: Site): Node | TypeIndex {
  const { source } = reader;
  const shapes = values.map((value) => source.shape(value));
  const tuple = shapes.find((shape) => shape.kind === "tuple");
  if (!shapes.every(({ kind }) => kind === "array" || kind === "tuple")) {
    return reader.refuse(type, { kind: "never" }, site);
  }
  const last = tuple?.kind === "tuple" ? tuple.elements.at(-1) : undefined;
  const rest = last?.modifier === "rest" ? last : undefined;
  if (tuple?.kind === "tuple" && restAgrees(rest, shapes)) {
    const places = new Map(source.properties(type).map((property) => [property.name, property]));
    const fixed = rest === undefined ? tuple.elements : tuple.elements.slice(0, -1);
    const items = fixed.map(({ type: own, modifier }, index) => {
      const place = places.get(String(index));
      const parts = reader.definedParts(place?.type ?? own);
      const optional = modifier === "optional" && place?.optional !== false;
      return { type: reader.readInside(parts, insideSite(site, `[${index}]`)), optional };
    });
    const at = insideSite(site, `[${items.length}…]`);
    return { kind: "tuple", items, rest: rest === undefined ? null : reader.readInside([rest.type], at) };
  }
  const element = source.indexSignatures(type).find(({ key }) => source.shape(key).kind === "number");
  if (element === undefined || tuple !== undefined) return reader.refuse(type, { kind: "never" }, site);
  return { kind: "array", items: reader.readInside([element.value], insideSite(site, "[]")) };
}

function emptyBase(reader: TypeReading, type: Type, markers: readonly Marker[], site: Site): Node {
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
  reader: TypeReading,
  type: Type,
  objects: readonly ObjectPart[],
  site: Site,
): Node | TypeIndex {
  const given = site.outgoing === true ? reader.jsonOf(type) : null;
  if (given !== null) return reader.read(given, site);
  // A symbol's property is a brand: JSON has string keys only.
  const data = objects.filter(
    ({ properties }) => properties.length === 0 || !properties.every(({ symbolKey }) => symbolKey),
  );
  const [only] = data;
  if (data.length === 1 && only !== undefined) return reader.read(only.type, site);
  return readObject(reader, type, mergedProperties(reader, type), site);
}

/**
 * The node of intersected strings such as `string & \`a${string}\` & \`${string}z\``, where every pattern must match.
 */
function mergeStrings(reader: TypeReading, type: Type, values: readonly Type[], site: Site): Node {
  const patterns: string[] = [];
  for (const value of values) {
    const node = reader.node(reader.read(value, site));
    if (node.kind === "template") patterns.push(node.pattern);
    else if (node.kind !== "string") return reader.refuse(type, { kind: "never" }, site);
  }
  return patterns.length === 0 ? { kind: "string" } : { kind: "string", patterns };
}

/** Whether the lists that a tuple is intersected with add nothing about the elements after its places. */
function restAgrees(rest: TupleElement | undefined, shapes: readonly Shape[]): boolean {
  const tuples = shapes.filter((shape) => shape.kind === "tuple");
  if (tuples.length > 1)
    return tuples.every(({ elements }) => elements.every(({ modifier }) => modifier !== "rest"));
  return (
    rest === undefined || shapes.every((shape) => shape.kind !== "array" || shape.element.id === rest.type.id)
  );
}

/**
 * The properties of an intersection in the order of the files, because the order of its members is the checker's own.
 */
export function mergedProperties(reader: TypeReading, type: Type): readonly Property[] {
  return [...reader.source.properties(type)].sort((a, b) => {
    const [left, right] = [a.location, b.location];
    if (left === null || right === null)
      return left === right ? (a.name < b.name ? -1 : 1) : left === null ? 1 : -1;
    if (left.path !== right.path) return left.path < right.path ? -1 : 1;
    return left.start - right.start || (a.name < b.name ? -1 : 1);
  });
}
