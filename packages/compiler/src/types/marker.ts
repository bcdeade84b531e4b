import type { TypeReading } from "./type-reading.ts";
import { shortPath, type Site } from "./site.ts";
import type { Property, Type, TypeSource } from "../typescript/type-source.ts";

/** The places of a field, as the markers of `@twinloop/api` name them. */
export type PlaceName =
  "query" | "header" | "cookie" | "setCookie" | "signedCookie" | "encryptedCookie" | "httpStatus";

export interface Marker {
  name: string;
  /** The literal that the marker carries; null when it carries none, as in `Min<number>`. */
  value: string | number | bigint | boolean | null;
}

/** The package that declares the markers, and the classes of bodies. */
export const markerPackage = "@twinloop/api";

const places: Readonly<Record<PlaceName, string>> = {
  query: "Query",
  header: "Header",
  cookie: "Cookie",
  setCookie: "SetCookie",
  signedCookie: "SignedCookie",
  encryptedCookie: "EncryptedCookie",
  httpStatus: "HttpStatus",
};

const constraints: Readonly<Record<string, string>> = {
  min: "Min",
  max: "Max",
  exclusiveMin: "ExclusiveMin",
  exclusiveMax: "ExclusiveMax",
  multipleOf: "MultipleOf",
  int: "Int",
  minLen: "MinLen",
  maxLen: "MaxLen",
  matchesRegexp: "MatchesRegexp",
  startsWith: "StartsWith",
  endsWith: "EndsWith",
  isEmail: "IsEmail",
  isURL: "IsURL",
  isUUID: "IsUUID",
};

export function isPlace(name: string): name is PlaceName {
  return Object.hasOwn(places, name);
}

/** How a cookie of this place is sealed; undefined for other places. */
export function sealOf(place: PlaceName | null): "signed" | "encrypted" | undefined {
  if (place === "signedCookie") return "signed";
  return place === "encryptedCookie" ? "encrypted" : undefined;
}

/** The name that users write for a marker: `Min`, `Header`. */
export function markerTypeName(name: string): string {
  if (name === SENSITIVE) return "Sensitive";
  if (isForm(name)) return forms[name];
  return (isPlace(name) ? places[name] : constraints[name]) ?? name;
}

/** The forms of a request's body that wrap its type, by the names of their markers. */
export type WrappingForm = "form" | "multipart";

const forms: Readonly<Record<WrappingForm | "bytesBody", string>> = {
  form: "Form",
  multipart: "Multipart",
  bytesBody: "BytesBody",
};

/** Whether a marker says in which form a body is. */
export function isForm(name: string): name is WrappingForm | "bytesBody" {
  return Object.hasOwn(forms, name);
}

/** The marker of a value that is never shown; it does not constrain the value. */
const SENSITIVE = "sensitive";

/** Whether a property is the symbol of a constraint or place, which counts only where `@twinloop/api` declares it. */
export function isMarker(property: Property): boolean {
  const known =
    isPlace(property.name) ||
    isForm(property.name) ||
    property.name === SENSITIVE ||
    Object.hasOwn(constraints, property.name);
  return known && property.symbolKey && property.package === markerPackage;
}

/** Whether a marker constrains the value. */
export function isConstraint({ name }: Marker): boolean {
  return !isPlace(name) && !isForm(name) && name !== SENSITIVE;
}

/** Whether one of the types, or a type inside their lists and records, is a `Sensitive<T>`. */
export function isSensitive(source: TypeSource, types: readonly Type[], depth = 0): boolean {
  return depth < MAX_DEPTH && types.some((type) => isSensitiveType(source, type, depth));
}

/** The depth at which the search ends, so that it also ends for a type that contains itself. */
const MAX_DEPTH = 4;

function isSensitiveType(source: TypeSource, type: Type, depth: number): boolean {
  const shape = source.shape(type);
  const within = (types: readonly Type[]): boolean => isSensitive(source, types, depth + 1);
  switch (shape.kind) {
    case "intersection":
    case "union":
      return within(shape.parts);
    case "array":
      return within([shape.element]);
    case "tuple":
      return within(shape.elements.map((element) => element.type));
    case "object":
      return (
        source.properties(type).some((property) => property.name === SENSITIVE && isMarker(property)) ||
        within(source.indexSignatures(type).map(({ value }) => value))
      );
    default:
      return false;
  }
}

export function markerOf(property: Property, source: TypeSource): Marker {
  return { name: property.name, value: literalOf(property.type, source) };
}

function literalOf(type: Type, source: TypeSource): Marker["value"] {
  const shape = source.shape(type);
  if (shape.kind === "literal") return shape.value;
  if (shape.kind !== "union") return null;
  const defined = shape.parts.filter((part) => source.shape(part).kind !== "undefined");
  const [only] = defined;
  return defined.length === 1 && only !== undefined ? literalOf(only, source) : null;
}

/** Reports a constraint without a type to constrain, and a place where fields cannot have one. */
export function strayMarkers(
  reader: TypeReading,
  type: Type,
  properties: readonly Property[],
  site: Site,
): void {
  const marker = properties.find(isMarker);
  if (marker === undefined) return;
  const name = markerTypeName(marker.name);
  if (isForm(marker.name)) return misplacedForm(reader, name, site);
  if (isPlace(marker.name)) {
    misplacedField(reader, name, site);
    return;
  }
  const message = `\`${site.path}\`: \`${reader.source.print(type)}\` constrains no type`;
  reader.report(site, "constraint_misplaced", message, `Intersect it with one: \`string & ${name}…\`.`);
}

export function misplacedField(reader: TypeReading, name: string, site: Site): void {
  if (site.inferred === true) {
    const message = `\`${shortPath(site.path)}\` is a \`${name}\` of the request, returned with its marker`;
    reader.report(site, "field_misplaced", message, "Write the plain type: `const value: string = …`.");
    return;
  }
  const message = `\`${shortPath(site.path)}\`: \`${name}<…>\` is read only at the top of a request or response`;
  const hint = "Move the field to the top level, or leave the marker out.";
  reader.report(site, "field_misplaced", message, hint);
}

/** Reports a form of a body where it does not wrap the whole request. */
export function misplacedForm(reader: TypeReading, name: string, site: Site): void {
  const message = `\`${shortPath(site.path)}\`: \`${name}\` says how a request's body is sent, and cannot stand here`;
  const hint =
    name === "BytesBody"
      ? "Make it a field at the top of the request; in JSON write `Uint8Array`."
      : `Wrap the whole request: \`${name}<{ … }>\`, with its path, query and header fields inside.`;
  reader.report(site, "field_misplaced", message, hint);
}
