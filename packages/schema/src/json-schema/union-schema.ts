import type { LiteralValue, Node, TypeIndex, UnionNode } from "../ir/ir.ts";
import type { SchemaObject } from "./described.ts";

/** The schemas of a manifest's types, as a union needs them. */
interface WrittenTypes {
  /** The types of the manifest, in which tags are looked up. */
  readonly types: readonly Node[];
  /** Whether tags are written as OpenAPI's `discriminator`. */
  readonly discriminators: boolean;
  of(type: TypeIndex): SchemaObject;
}

/**
 * The schema of a union: `type` lists its types where nothing else is said of them, `null` joins the other arm, and a
 * tag makes it `oneOf` with a discriminator where each arm has a name. Without a tag `anyOf` stands, because a value
 * may fit several arms.
 *
 * Source: OpenAPI 3.1, "Discriminator Object".
 */
export function unionSchema(schemas: WrittenTypes, { arms, tag }: UnionNode): SchemaObject {
  const written = arms.map((arm) => schemas.of(arm));
  const nulls = written.filter((schema) => isPlain(schema, "null"));
  const others = written.filter((schema) => !isPlain(schema, "null"));
  if (others.length > 0 && others.every((schema) => isBare(schema)))
    return { type: written.flatMap(({ type }) => type!) };
  const [only] = others;
  if (others.length === 1 && only !== undefined && nulls.length > 0) return orNull(only);
  if (tag !== undefined && nulls.length === 0)
    return { oneOf: written, ...discriminator(schemas, arms, tag) };
  return { anyOf: written };
}

/** A schema that also takes null. */
function orNull(schema: SchemaObject): SchemaObject {
  if (typeof schema.type !== "string" || schema.const !== undefined)
    return { anyOf: [schema, { type: "null" }] };
  const values = schema.enum === undefined ? {} : { enum: [...schema.enum, null] };
  return { ...schema, type: [schema.type, "null"], ...values };
}

/** Whether a schema says nothing but one type. */
function isBare(schema: SchemaObject): boolean {
  return (
    typeof schema.type === "string" &&
    Object.keys(schema).length === 1 &&
    !/^(?:array|object)$/.test(schema.type)
  );
}

/** Whether a schema says nothing but this type. */
function isPlain(schema: SchemaObject, type: string): boolean {
  return schema.type === type && Object.keys(schema).length === 1;
}

/** The discriminator of arms that all have names, by the texts of their tags; nothing where one has none. */
function discriminator(schemas: WrittenTypes, arms: readonly TypeIndex[], tag: string): SchemaObject {
  if (!schemas.discriminators) return {};
  const entries = arms.flatMap((arm) => {
    const { $ref } = schemas.of(arm);
    return tagsOf(schemas.types, arm, tag).map((value) => [value, $ref] as const);
  });
  const isLegal = entries.every(([value, $ref]) => typeof value === "string" && $ref !== undefined);
  if (!isLegal || entries.length === 0) return {};
  return { discriminator: { propertyName: tag, mapping: Object.fromEntries(entries) } };
}

/** The values that an arm's tag may have. */
function tagsOf(types: readonly Node[], arm: TypeIndex, tag: string): readonly LiteralValue[] {
  const node = types[arm];
  const property = node?.kind === "object" ? node.properties.find(({ name }) => name === tag) : undefined;
  const value = property === undefined ? undefined : types[property.type];
  if (value?.kind === "literal") return [value.value];
  return value?.kind === "enum" ? value.values : [];
}
