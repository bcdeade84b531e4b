import type { TypeReader } from "./type-reader.ts";
import type { Site } from "./site.ts";
import type { Property, Type, TypeSource } from "./type-source.ts";

/** Where a field travels, as the markers of `@twinloop/api` say. */
export type PlaceName = "query" | "header" | "cookie" | "setCookie" | "httpStatus";

export interface Marker {
  name: string;
  /** The literal that the marker carries; null when it carries none, as in `Min<number>`. */
  value: string | number | bigint | boolean | null;
}

const markerPackage = "@twinloop/api";

const places: Readonly<Record<PlaceName, string>> = {
  query: "Query",
  header: "Header",
  cookie: "Cookie",
  setCookie: "SetCookie",
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

/** What the user wrote for a marker: `Min`, `Header`. */
export function markerTypeName(name: string): string {
  return (isPlace(name) ? places[name] : constraints[name]) ?? name;
}

/** Whether a property is the symbol of a constraint or place. It counts only where `@twinloop/api` declares it. */
export function isMarker(property: Property): boolean {
  const known = isPlace(property.name) || Object.hasOwn(constraints, property.name);
  return known && property.symbolKey && property.package === markerPackage;
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

/** Reports a constraint without a type to constrain, or a place where fields have none. */
export function strayMarkers(
  reader: TypeReader,
  type: Type,
  properties: readonly Property[],
  site: Site,
): void {
  const marker = properties.find(isMarker);
  if (marker === undefined) return;
  const name = markerTypeName(marker.name);
  if (isPlace(marker.name)) {
    misplacedField(reader, name, site);
    return;
  }
  const message = `\`${site.path}\`: \`${reader.source.print(type)}\` constrains no type`;
  reader.report(site, "constraint_misplaced", message, `Intersect it with one: \`string & ${name}…\`.`);
}

export function misplacedField(reader: TypeReader, name: string, site: Site): void {
  const message = `\`${site.path}\`: \`${name}<…>\` is read only at the top of a request or response`;
  reader.report(
    site,
    "field_misplaced",
    message,
    "Move the field to the top level, or leave the marker out.",
  );
}
