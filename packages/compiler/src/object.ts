import type { Node, ObjectNode, PropertyNode } from "./manifest.ts";
import { insideSite, propertySite, type Site } from "./site.ts";
import type { IndexSignature, Property, Type } from "./type-source.ts";
import type { TypeReader } from "./type-reader.ts";

/** The node of an interface, type literal, mapped type or merged intersection. */
export function readObject(
  reader: TypeReader,
  type: Type,
  properties: readonly Property[],
  site: Site,
): Node {
  const name = typeName(reader, type);
  return {
    kind: "object",
    ...(name === null ? {} : { name }),
    properties: readProperties(reader, properties, site),
    additional: readIndexSignatures(reader, type, site),
  };
}

export function readProperties(
  reader: TypeReader,
  properties: readonly Property[],
  site: Site,
): PropertyNode[] {
  return properties.flatMap((property) =>
    readProperty(reader, property, propertySite(site, property.name, property.location)),
  );
}

function readProperty(reader: TypeReader, property: Property, site: Site): PropertyNode[] {
  if (property.symbolKey) {
    const hint = "JSON has string keys only: name the property with a string.";
    reader.report(
      site,
      "type_not_json",
      `\`${site.path}\` is keyed by the symbol \`[${property.name}]\``,
      hint,
    );
    return [];
  }
  const { parts, undefinable } = propertyParts(reader, property);
  const optional = property.optional || undefinable;
  return [{ name: property.name, type: reader.readParts(parts, site), optional }];
}

/**
 * What a property may hold beside `undefined`, which JSON expresses by absence.
 *
 * A property that can only be absent (`b?: never`) has no parts; `readParts` of none is an enumeration without values.
 */
export function propertyParts(
  reader: TypeReader,
  property: Property,
): { parts: readonly Type[]; undefinable: boolean } {
  const kind = reader.source.shape(property.type).kind;
  if (kind === "undefined" || (kind === "never" && property.optional))
    return { parts: [], undefinable: true };
  const parts = reader.definedParts(property.type);
  return { parts, undefinable: parts.length !== 1 || parts[0] !== property.type };
}

export function readIndexSignatures(reader: TypeReader, type: Type, site: Site): ObjectNode["additional"] {
  const signatures = reader.source.indexSignatures(type);
  const [first] = signatures;
  if (first === undefined) return null;
  if (signatures.length > 1) {
    const hint = "Keep one index signature; give the other names as properties.";
    reader.report(
      site,
      "type_not_json",
      `\`${site.path}\`: \`${reader.source.print(type)}\` has several index signatures`,
      hint,
    );
  }
  const at = insideSite(site, "[key]");
  return { key: readKey(reader, first, at), value: reader.readParts(valueParts(reader, first), at) };
}

/** `Partial<Record<string, T>>` has `T | undefined` values; a key that is absent expresses them. */
function valueParts(reader: TypeReader, signature: IndexSignature): readonly Type[] {
  return reader.definedParts(signature.value);
}

function readKey(reader: TypeReader, signature: IndexSignature, site: Site): number | null {
  const { kind } = reader.source.shape(signature.key);
  if (kind === "string") return null;
  if (kind === "number")
    return reader.add({ kind: "template", pattern: "^-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?$" });
  return reader.read(signature.key, site);
}

/** `Link`, `Page<Link>`; null where the type or one of its arguments has no name of its own. */
function typeName(reader: TypeReader, type: Type): string | null {
  const naming = reader.source.naming(type);
  if (naming === null) return null;
  if (naming.arguments.length === 0) return naming.name;
  const names = naming.arguments.map((argument) => argumentName(reader, argument));
  return names.includes(null) ? null : `${naming.name}<${names.join(", ")}>`;
}

function argumentName(reader: TypeReader, type: Type): string | null {
  const shape = reader.source.shape(type);
  switch (shape.kind) {
    case "string":
    case "number":
    case "boolean":
    case "bigint":
    case "null":
      return shape.kind;
    case "object":
      return typeName(reader, type);
    default:
      return null;
  }
}
