import { mergedProperties, readSplit, splitParts } from "./intersection.ts";
import type { DocTags, Node, PropertyNode, TypeIndex } from "@twinloop/core-native/build-time";
import {
  isConstraint,
  isMarker,
  isPlace,
  markerOf,
  markerTypeName,
  sealOf,
  type Marker,
  type PlaceName,
} from "./marker.ts";
import { propertyParts, readIndexSignatures, sensitivity } from "./object.ts";
import { propertySite, type Site } from "./site.ts";
import type { Property, Type } from "../typescript/type-source.ts";
import type { TypeReading } from "./type-reading.ts";
import { readUnion } from "./union.ts";

/** A property of a request or response, with the place that its type names. */
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
  sensitive?: true;
  doc?: string;
  docTags?: DocTags;
}

/** The place of a property outside of the JSON body. */
export interface Destination<In extends string> {
  in: In;
  wire: string;
  /** The type of the field, where it is not read as a scalar or a list of scalars. */
  type?: TypeIndex;
  /** How the cookie is sealed. */
  sealed?: "signed" | "encrypted";
  /** Whether a sealed cookie that cannot be read is null. */
  nullable?: true;
}

/** Decides the place of a property; null for the body. */
export type Decide<In extends string> = (placed: PlacedProperty) => Destination<In> | null;

export interface Arm<In extends string> {
  fields: Field<In>[];
  /** The type of the body: the type itself where no field was taken out, null where no property is left. */
  body: TypeIndex | null;
  bodyOptional: boolean;
}

/** Splits an object type's properties into fields and body. */
export function readArm<In extends string>(
  reader: TypeReading,
  type: Type,
  decide: Decide<In>,
  site: Site,
): Arm<In> {
  const placed = dataProperties(reader, type).map((property) => placeProperty(reader, property, site));
  const fields: Field<In>[] = [];
  const rest: PlacedProperty[] = [];
  for (const one of placed) {
    const destination = decide(one);
    if (destination === null) {
      rest.push(one);
      continue;
    }
    if (destination.type !== undefined) {
      const { type } = destination;
      const sensitive = sensitivity(reader, propertyParts(reader, one.property).parts);
      const optional = isOptional(reader, one.property);
      const told = { ...sensitive, ...reader.documented(one.property.location) };
      fields.push({ name: one.property.name, ...destination, type, optional, ...told });
      continue;
    }
    const field = { name: one.property.name, ...destination, ...readField(reader, one) };
    const { parts } = propertyParts(reader, one.property);
    if (!parts.some((part) => reader.isRefused(part))) checkField(reader, field, one.site);
    fields.push(field);
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
  reader: TypeReading,
  type: Type,
  rest: readonly PlacedProperty[],
  site: Site,
): { body: TypeIndex | null; bodyOptional: boolean } {
  const others = readIndexSignatures(reader, type, site);
  const isAll = others.additional === null && others.closed !== true;
  if (rest.length === 0 && isAll) return { body: null, bodyOptional: true };
  const properties = rest.map((one): PropertyNode => ({
    name: one.property.name,
    ...readField(reader, one),
  }));
  const body = reader.add({ kind: "object", properties, ...others });
  return { body, bodyOptional: properties.every(({ optional }) => optional) };
}

/** The members of a union, or the type itself; null when one of them is not a plain object. */
export function objectArms(reader: TypeReading, parts: readonly Type[]): readonly Type[] | null {
  const areObjects = parts.every((part) => {
    const shape = reader.source.shape(part);
    if (shape.kind === "intersection") {
      const { values, objects, markers } = splitParts(reader, shape.parts);
      const isMarked = markers.some((marker) => isPlace(marker.name) || isConstraint(marker));
      return values.length === 0 && objects.length > 0 && !isMarked;
    }
    const isData = shape.kind === "object" && !shape.class && !shape.callable;
    return isData && shape.package !== "lib" && shape.package !== "@types/node";
  });
  return areObjects ? parts : null;
}

/** An object's properties without the symbols that brand it. */
function dataProperties(reader: TypeReading, type: Type): readonly Property[] {
  const isMerged = reader.source.shape(type).kind === "intersection";
  const properties = isMerged ? mergedProperties(reader, type) : reader.source.properties(type);
  return properties.filter((property) => !property.symbolKey);
}

function placeProperty(reader: TypeReading, property: Property, site: Site): PlacedProperty {
  const at = propertySite(site, property);
  const parts = propertyParts(reader, property).parts.flatMap((part) => {
    const shape = reader.source.shape(part);
    return shape.kind === "union" ? shape.parts : [part];
  });
  const places = parts.map((part) => placeMarker(reader, part));
  // A sealed cookie that cannot be read may be null.
  const isSealed = places.some((one) => one !== null && isPlace(one.name) && sealOf(one.name) !== undefined);
  const markers = isSealed
    ? places.filter((_, at) => reader.source.shape(parts[at]!).kind !== "null")
    : places;
  const [marker] = markers;
  const agreed =
    marker != null && markers.every((other) => other?.name === marker.name && other.value === marker.value);
  const stray = agreed ? null : markers.find((other) => other != null);
  if (stray != null) reportStray(reader, stray, at);
  if (!agreed || !isPlace(marker.name)) return { property, place: null, wire: "", site: at };
  return {
    property,
    place: marker.name,
    wire: typeof marker.value === "string" ? marker.value : "",
    site: at,
  };
}

/** Reports a place that only some members of a field's union name. */
function reportStray(reader: TypeReading, marker: Marker, site: Site): void {
  const name = markerTypeName(marker.name);
  const message = `\`${site.path}\` is a \`${name}\` in one part of its union and none in another`;
  const hint =
    site.inferred === true
      ? `Write the plain type: \`const value: string = …\`.`
      : `Make all of it one: \`${name}<A | B>\`; what may be absent is an optional field.`;
  reader.report(site, "field_misplaced", message, hint);
}

/** The interfaces whose marker is a property beside the cookie's value. */
const COOKIES: ReadonlySet<string> = new Set(["SetCookie", "SignedCookie", "EncryptedCookie"]);

function placeMarker(reader: TypeReading, part: Type): Marker | null {
  const shape = reader.source.shape(part);
  if (shape.kind === "intersection") {
    return splitParts(reader, shape.parts).markers.find(({ name }) => isPlace(name)) ?? null;
  }
  if (shape.kind !== "object" || shape.name === null || !COOKIES.has(shape.name)) return null;
  const marker = reader.source.properties(part).find(isMarker);
  return marker === undefined ? null : markerOf(marker, reader.source);
}

function isOptional(reader: TypeReading, property: Property): boolean {
  return property.optional || propertyParts(reader, property).undefinable;
}

function readField(
  reader: TypeReading,
  placed: PlacedProperty,
): Pick<Field<string>, "type" | "optional" | "sensitive" | "doc" | "docTags"> {
  const { property, site } = placed;
  const optional = isOptional(reader, property);
  const documented = reader.documented(property.location);
  const { parts } = propertyParts(reader, property);
  if (placed.place !== "setCookie")
    return {
      type: readFieldParts(reader, parts, site),
      optional,
      ...sensitivity(reader, parts),
      ...documented,
    };
  const value = parts.flatMap((part) => reader.source.properties(part)).find(({ name }) => name === "value");
  const valueParts = value === undefined ? [] : propertyParts(reader, value).parts;
  return { type: readFieldParts(reader, valueParts, site), optional, ...documented };
}

function readFieldParts(reader: TypeReading, parts: readonly Type[], site: Site): TypeIndex {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) {
    const shape = reader.source.shape(only);
    return shape.kind === "union"
      ? readFieldParts(reader, shape.parts, site)
      : readFieldPart(reader, only, site);
  }
  const key = parts.map(({ id }) => id).sort((a, b) => a - b);
  return reader.once(`F${site.outgoing === true}${key.join()}`, (index) =>
    readUnion(reader, parts, site, index, (part, at) => readFieldPart(reader, part, at)),
  );
}

function readFieldPart(reader: TypeReading, part: Type, site: Site): TypeIndex {
  const shape = reader.source.shape(part);
  if (shape.kind !== "intersection") return reader.read(part, site);
  return reader.once(`f${site.outgoing === true}${part.id}`, () =>
    readSplit(reader, part, splitParts(reader, shape.parts), site),
  );
}

/** Reports a field whose type cannot be written as one text or a repetition of texts. */
function checkField(reader: TypeReading, field: Field<string>, site: Site): void {
  reader.finish();
  const node = reader.node(field.type);
  const repeats = node.kind === "array" && field.in !== "path" && field.in !== "status";
  const fault = scalarFault(reader, repeats ? reader.node(node.items) : node);
  if (fault === null) return;
  const hint =
    fault === "null" ? "Null cannot be written there: make the field optional." : fieldHints[field.in];
  reader.report(
    site,
    "field_not_scalar",
    `\`${site.path}\` travels in the ${field.in}, which cannot hold ${fault}`,
    hint,
  );
}

const fieldHints: Readonly<Record<string, string>> = {
  path: "Path fields are strings, numbers, booleans, bigints, dates, or unions of literals.",
  query: "Query fields are scalars or arrays of them; put other data into a body.",
  header: "Header fields are scalars or arrays of them; put other data into a body.",
  cookie: "Cookies are scalars; put other data into a body.",
  status: "The status is a number.",
  form: "Fields of a form are scalars or arrays of them; send other data as JSON.",
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

function scalarFault(reader: TypeReading, node: Node): string | null {
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

/** The place of a sealed cookie: its value may be any JSON. */
export function sealedCookie(
  reader: TypeReading,
  { property, place, wire, site }: PlacedProperty,
): { in: "cookie"; wire: string } & Omit<Destination<"cookie">, "in" | "wire"> {
  const members = propertyParts(reader, property).parts.flatMap((part) => {
    const shape = reader.source.shape(part);
    return shape.kind === "union" ? shape.parts : [part];
  });
  const cookies = members.filter((part) => reader.source.shape(part).kind !== "null");
  const value = cookies
    .flatMap((part) => reader.source.properties(part))
    .find(({ name }) => name === "value");
  const type = value === undefined ? reader.add({ kind: "any" }) : reader.read(value.type, site);
  const sealed = sealOf(place);
  return {
    in: "cookie",
    wire: wire || property.name,
    type,
    ...(sealed === undefined ? {} : { sealed }),
    ...(cookies.length < members.length ? { nullable: true as const } : {}),
  };
}
