import { mergedProperties, readSplit, splitParts } from "./intersection.ts";
import type { Node, PropertyNode, TypeIndex } from "./manifest.ts";
import { isMarker, isPlace, markerOf, type Marker, type PlaceName } from "./marker.ts";
import { propertyParts, readIndexSignatures } from "./object.ts";
import { propertySite, type Site } from "./site.ts";
import type { Property, Type } from "./type-source.ts";
import type { TypeReader } from "./type-reader.ts";
import { readUnion } from "./union.ts";

/** A property of a request or response, with the place its type names. */
export interface PlacedProperty {
  property: Property;
  place: PlaceName | null;
  /** The name that the marker gives; empty when it gives none. */
  wire: string;
  site: Site;
}

export interface Field<In extends string> {
  name: string;
  in: In;
  wire: string;
  type: TypeIndex;
  optional: boolean;
}

/** Says where a property travels; null: in the body. */
export type Decide<In extends string> = (placed: PlacedProperty) => { in: In; wire: string } | null;

export interface Arm<In extends string> {
  fields: Field<In>[];
  /** The body's part: the type itself where nothing was taken out of it, null where nothing is left. */
  body: TypeIndex | null;
  bodyOptional: boolean;
}

/** Splits an object type's properties into fields and body. */
export function readArm<In extends string>(
  reader: TypeReader,
  type: Type,
  decide: Decide<In>,
  site: Site,
): Arm<In> {
  const placed = dataProperties(reader, type).map((property) => placeProperty(reader, property, site));
  const fields: Field<In>[] = [];
  const rest: PlacedProperty[] = [];
  for (const one of placed) {
    const destination = decide(one);
    if (destination === null) rest.push(one);
    else fields.push({ name: one.property.name, ...destination, ...readField(reader, one) });
  }
  if (placed.length > 0 && rest.length === placed.length && placed.every(({ place }) => place === null)) {
    return {
      fields,
      body: reader.read(type, site),
      bodyOptional: rest.every(({ property }) => isOptional(reader, property)),
    };
  }
  return { fields, ...readRest(reader, type, rest, site) };
}

function readRest(
  reader: TypeReader,
  type: Type,
  rest: readonly PlacedProperty[],
  site: Site,
): { body: TypeIndex | null; bodyOptional: boolean } {
  const additional = readIndexSignatures(reader, type, site);
  if (rest.length === 0 && additional === null) return { body: null, bodyOptional: true };
  const properties = rest.map((one): PropertyNode => ({
    name: one.property.name,
    ...readField(reader, one),
  }));
  const body = reader.add({ kind: "object", properties, additional });
  return { body, bodyOptional: properties.every(({ optional }) => optional) };
}

/** The members of a union, or the type itself; null when one of them is no plain object. */
export function objectArms(reader: TypeReader, parts: readonly Type[]): readonly Type[] | null {
  const areObjects = parts.every((part) => {
    const shape = reader.source.shape(part);
    if (shape.kind === "intersection") {
      const split = splitParts(reader, shape.parts);
      return split.values.length === 0 && split.objects.length > 0 && split.markers.length === 0;
    }
    const isData = shape.kind === "object" && !shape.class && !shape.callable;
    return isData && shape.package !== "lib" && shape.package !== "@types/node";
  });
  return areObjects ? parts : null;
}

/** An object's properties without the symbols that brand an intersection. */
function dataProperties(reader: TypeReader, type: Type): readonly Property[] {
  if (reader.source.shape(type).kind !== "intersection") return reader.source.properties(type);
  return mergedProperties(reader, type).filter((property) => !property.symbolKey);
}

function placeProperty(reader: TypeReader, property: Property, site: Site): PlacedProperty {
  const at = propertySite(site, property.name, property.location);
  const markers = propertyParts(reader, property).parts.map((part) => placeMarker(reader, part));
  const [marker] = markers;
  const agreed =
    marker != null && markers.every((other) => other?.name === marker.name && other.value === marker.value);
  if (!agreed || !isPlace(marker.name)) return { property, place: null, wire: "", site: at };
  return {
    property,
    place: marker.name,
    wire: typeof marker.value === "string" ? marker.value : "",
    site: at,
  };
}

function placeMarker(reader: TypeReader, part: Type): Marker | null {
  const shape = reader.source.shape(part);
  if (shape.kind === "intersection") {
    return splitParts(reader, shape.parts).markers.find(({ name }) => isPlace(name)) ?? null;
  }
  if (shape.kind !== "object" || shape.name !== "SetCookie") return null;
  const marker = reader.source.properties(part).find(isMarker);
  return marker === undefined ? null : markerOf(marker, reader.source);
}

function isOptional(reader: TypeReader, property: Property): boolean {
  return property.optional || propertyParts(reader, property).undefinable;
}

function readField(reader: TypeReader, placed: PlacedProperty): { type: TypeIndex; optional: boolean } {
  const { property, site } = placed;
  const optional = isOptional(reader, property);
  const { parts } = propertyParts(reader, property);
  if (placed.place !== "setCookie") return { type: readFieldParts(reader, parts, site), optional };
  const value = parts.flatMap((part) => reader.source.properties(part)).find(({ name }) => name === "value");
  const valueParts = value === undefined ? [] : propertyParts(reader, value).parts;
  return { type: readFieldParts(reader, valueParts, site), optional };
}

function readFieldParts(reader: TypeReader, parts: readonly Type[], site: Site): TypeIndex {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) {
    const shape = reader.source.shape(only);
    return shape.kind === "union"
      ? readFieldParts(reader, shape.parts, site)
      : readFieldPart(reader, only, site);
  }
  const key = parts.map(({ id }) => id).sort((a, b) => a - b);
  return reader.once(`F${key.join()}`, (index) =>
    readUnion(reader, parts, site, index, (part, at) => readFieldPart(reader, part, at)),
  );
}

function readFieldPart(reader: TypeReader, part: Type, site: Site): TypeIndex {
  const shape = reader.source.shape(part);
  if (shape.kind !== "intersection") return reader.read(part, site);
  return reader.once(`f${part.id}`, () => readSplit(reader, part, splitParts(reader, shape.parts), site));
}

/** Reports a field whose type one text, or a repetition of texts, cannot hold. */
export function checkField(reader: TypeReader, field: Field<string>, site: Site): void {
  const node = reader.node(field.type);
  const repeats = node.kind === "array" && field.in !== "path" && field.in !== "status";
  const fault = scalarFault(reader, repeats ? reader.node(node.items) : node);
  if (fault === null) return;
  const at = propertySite(site, field.name, null);
  const hint =
    fault === "null" ? "Null cannot be written there: make the field optional." : fieldHints[field.in];
  reader.report(
    at,
    "field_not_scalar",
    `\`${at.path}\` travels in the ${field.in}, which cannot hold ${fault}`,
    hint,
  );
}

const fieldHints: Readonly<Record<string, string>> = {
  path: "Path fields are strings, numbers, booleans, bigints, dates, or unions of literals.",
  query: "Query fields are scalars or arrays of them; put other data into a body.",
  header: "Header fields are scalars or arrays of them; put other data into a body.",
  cookie: "Cookies are scalars; put other data into a body.",
  status: "The status is a number.",
};

const scalarKinds = new Set<Node["kind"]>([
  "string",
  "number",
  "boolean",
  "bigint",
  "date",
  "literal",
  "enum",
  "template",
]);

function scalarFault(reader: TypeReader, node: Node): string | null {
  if (scalarKinds.has(node.kind)) return null;
  if (node.kind !== "union")
    return node.kind === "any"
      ? "an unknown value"
      : node.kind === "null"
        ? "null"
        : `a value of kind \`${node.kind}\``;
  return (
    node.arms.map((arm) => scalarFault(reader, reader.node(arm))).find((fault) => fault !== null) ?? null
  );
}
