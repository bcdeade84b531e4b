import type { Node, ObjectNode, PropertyNode } from "@twinloop/core-native/build-time";
import { isSensitive } from "./marker.ts";
import { insideSite, propertySite, shortPath, type Site } from "./site.ts";
import type { IndexSignature, Naming, Property, Type } from "../typescript/type-source.ts";
import type { TypeReading } from "./type-reading.ts";

/** The node of an interface, type literal, mapped type or merged intersection. */
export function readObject(
  reader: TypeReading,
  type: Type,
  properties: readonly Property[],
  site: Site,
): Node {
  const naming = reader.source.naming(type);
  const name = naming === null ? null : typeName(reader, naming);
  return {
    kind: "object",
    ...(name === null ? {} : { name, ...reader.documented(naming?.location ?? null) }),
    properties: readProperties(reader, properties, site),
    ...readIndexSignatures(reader, type, site),
  };
}

export function readProperties(
  reader: TypeReading,
  properties: readonly Property[],
  site: Site,
): PropertyNode[] {
  return properties.flatMap((property) => readProperty(reader, property, propertySite(site, property)));
}

function readProperty(reader: TypeReading, property: Property, site: Site): PropertyNode[] {
  const { parts, undefinable } = propertyParts(reader, property);
  if (property.symbolKey) {
    // A brand: JSON has string keys only, and a brand has no value. A function has one and is reported.
    for (const part of parts) {
      const shape = reader.source.shape(part);
      if (shape.kind === "object" && shape.callable) reader.refuse(part, shape, site);
    }
    return [];
  }
  const optional = property.optional || undefinable;
  const type = reader.readInside(parts, site);
  const documented = reader.documented(property.location);
  return [{ name: property.name, type, optional, ...sensitivity(reader, parts), ...documented }];
}

/** The flag of a property or field whose type is or contains a `Sensitive<T>`. */
export function sensitivity(reader: TypeReading, parts: readonly Type[]): { sensitive?: true } {
  return isSensitive(reader.source, parts) ? { sensitive: true } : {};
}

/**
 * The members of a property's type without `undefined`, which JSON expresses by absence.
 *
 * A property that can only be absent (`b?: never`) has no members; `readParts` of none is an enumeration without
 * values.
 */
export function propertyParts(
  reader: TypeReading,
  property: Property,
): { parts: readonly Type[]; undefinable: boolean } {
  const kind = reader.source.shape(property.type).kind;
  if (kind === "undefined" || (kind === "never" && property.optional))
    return { parts: [], undefinable: true };
  const parts = reader.definedParts(property.type);
  return { parts, undefinable: parts.length !== 1 || parts[0] !== property.type };
}

/**
 * The undeclared names that index signatures allow. Signatures of one value type count as one, whatever their keys; a
 * signature without possible values refuses the names that fit it.
 */
export function readIndexSignatures(
  reader: TypeReading,
  type: Type,
  site: Site,
): Pick<ObjectNode, "additional" | "closed"> {
  // JSON cannot name a symbol.
  const signatures = reader.source
    .indexSignatures(type)
    .filter(({ key }) => reader.source.shape(key).kind !== "symbol");
  const [first] = signatures;
  if (first === undefined) return { additional: null };
  const at = insideSite(site, "[key]");
  const value = readValue(reader, first, at);
  if (signatures.some((other) => other !== first && readValue(reader, other, at) !== value)) {
    const hint = "Give all index signatures the same type of value, or give names as properties.";
    const message = `\`${shortPath(site.path)}\`: \`${reader.source.print(type)}\` has several index signatures with different values`;
    reader.report(site, "type_not_json", message, hint);
  }
  const key = readKeys(reader, signatures, at);
  const isEmpty = ["never", "undefined"].includes(reader.source.shape(first.value).kind);
  return key === null && isEmpty ? { additional: null, closed: true } : { additional: { key, value } };
}

/**
 * The node of a signature's values. `Partial<Record<string, T>>` has `T | undefined` values, where an absent key stands
 * for `undefined`.
 */
function readValue(reader: TypeReading, { value }: IndexSignature, site: Site): number {
  const { kind } = reader.source.shape(value);
  return reader.readInside(kind === "never" ? [] : reader.definedParts(value), site);
}

/** The node of the names that the signatures cover; null where one of them covers all names. */
function readKeys(reader: TypeReading, signatures: readonly IndexSignature[], site: Site): number | null {
  const keys = signatures.map((signature) => readKey(reader, signature, site));
  if (keys.includes(null)) return null;
  const arms = [...new Set(keys as number[])];
  const [only] = arms;
  return arms.length === 1 && only !== undefined ? only : reader.add({ kind: "union", arms });
}

function readKey(reader: TypeReading, signature: IndexSignature, site: Site): number | null {
  const { kind } = reader.source.shape(signature.key);
  if (kind === "string") return null;
  if (kind === "number")
    return reader.add({ kind: "template", pattern: "^-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?$" });
  return reader.read(signature.key, site);
}

/** The name of a type, such as `Link` or `Page<Link>`; null where the type or one of its arguments has none. */
function typeName(reader: TypeReading, naming: Naming): string | null {
  if (naming.arguments.length === 0) return naming.name;
  const names = naming.arguments.map((argument) => argumentName(reader, argument));
  return names.includes(null) ? null : `${naming.name}<${names.join(", ")}>`;
}

function argumentName(reader: TypeReading, type: Type): string | null {
  const shape = reader.source.shape(type);
  switch (shape.kind) {
    case "string":
    case "number":
    case "boolean":
    case "bigint":
    case "null":
      return shape.kind;
    case "object": {
      const naming = reader.source.naming(type);
      return naming === null ? null : typeName(reader, naming);
    }
    default:
      return null;
  }
}
