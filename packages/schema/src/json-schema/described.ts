import type { DocTags } from "../ir/ir.ts";

/** A schema of JSON Schema 2020-12, as far as this package writes it. */
export interface SchemaObject {
  $ref?: string;
  type?: string | string[];
  format?: string;
  pattern?: string;
  description?: string;
  enum?: unknown[];
  const?: unknown;
  [keyword: string]: unknown;
}

/**
 * A schema with what a doc comment says of it.
 *
 * Shape:  summary, text, the reason of `@deprecated` and the schema's own description become one `description`;
 * `@deprecated`, `@default` and `@example` become the keywords of these names. An example that does not fit the type
 * stands in the description instead.
 * Source: JSON Schema 2020-12, Validation, section 9.
 */
export function described(
  schema: SchemaObject,
  doc: string | undefined,
  tags: DocTags | undefined,
): SchemaObject {
  if (doc === undefined && tags === undefined) return schema;
  const told = [tags?.summary, doc, reasonOf(tags), schema.description].filter(
    (one) => one !== undefined && one !== "",
  );
  const examples = (tags?.examples ?? []).map((text) => valueOf(text, schema));
  const wrong = examples.filter((one) => one === undefined).length;
  const shown = wrong === 0 ? [] : (tags?.examples ?? []).filter((_, at) => examples[at] === undefined);
  const description = [...told, ...shown.map((text) => `Example: ${text}`)].join("\n\n");
  const good = examples.filter((one) => one !== undefined);
  const fallback = tags?.default === undefined ? undefined : valueOf(tags.default, schema);
  return {
    ...schema,
    ...(description === "" ? {} : { description }),
    ...(tags?.deprecated === undefined ? {} : { deprecated: true }),
    ...(fallback === undefined ? {} : { default: fallback }),
    ...(good.length === 0 ? {} : { examples: good }),
  };
}

/** The sentence of `@deprecated`; `undefined` without a reason. */
export function reasonOf(tags: DocTags | undefined): string | undefined {
  return tags?.deprecated ? `Deprecated: ${tags.deprecated}` : undefined;
}

/**
 * The value that the text of an `@example` or `@default` stands for: of a text the text, with or without quotes, of anything else JSON.
 * `undefined` where the text is none.
 */
export function valueOf(text: string, { type, $ref, const: only, enum: values }: SchemaObject): unknown {
  const types = [type].flat();
  const isText = types.includes("string") && $ref === undefined;
  try {
    const value: unknown = JSON.parse(text);
    const fits =
      type === undefined ||
      types.includes(kindOf(value)) ||
      (types.includes("number") && typeof value === "number");
    if (fits) return value;
  } catch {
    // No JSON: a text of a schema for texts, or words for people.
  }
  const found = isText ? text.replace(/^'([^]*)'$/, "$1") : undefined;
  const allowed = only === undefined ? values : [only];
  return allowed === undefined || allowed.includes(found) ? found : undefined;
}

/** The name of a value's type in JSON Schema; a whole number is an `integer`. */
function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value === "number" && Number.isInteger(value) ? "integer" : typeof value;
}
