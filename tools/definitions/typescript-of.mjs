/**
 * A JSON Schema, restricted to the keywords of JSON Schema 2020-12 that the generator reads.
 *
 * @typedef {object} Schema
 * @property {string} [title]
 * @property {string} [description]
 * @property {string} [$ref]
 * @property {unknown} [const]
 * @property {unknown[]} [enum]
 * @property {string | string[]} [type]
 * @property {Record<string, Schema>} [properties]
 * @property {string[]} [required]
 * @property {boolean | Schema} [additionalProperties]
 * @property {Schema} [items]
 * @property {Schema[]} [prefixItems]
 * @property {Schema[]} [oneOf]
 * @property {Schema[]} [anyOf]
 * @property {Record<string, Schema>} [$defs]
 */

/** Keywords that limit a value and have no counterpart in a TypeScript type. */
const UNTYPED = new Set(["$schema", "$id", "minimum", "minItems", "maxItems"]);
const KNOWN = new Set([
  ...["title", "description", "$ref", "$defs", "const", "enum", "type", "properties", "required"],
  ...["additionalProperties", "items", "prefixItems", "oneOf", "anyOf"],
  ...UNTYPED,
]);

/**
 * Writes the TypeScript types of a JSON schema: one exported type for the schema itself, named by its title, and one
 * for each of its `$defs`.
 *
 * Shape:  the schema -> declarations with their descriptions as doc comments, not formatted.
 * Errors: throws on a keyword that it does not know, for a type that leaves it out would say too little.
 *
 * @param {Schema} schema
 * @returns {string}
 */
export function typescriptOf(schema) {
  const all = [...Object.entries(schema.$defs ?? {}), [schema.title ?? "Schema", schema]];
  return all
    .map(([name, definition]) => declaration(String(name), /** @type {Schema} */ (definition)))
    .join("\n\n");
}

/** @param {string} name @param {Schema} schema */
function declaration(name, schema) {
  const doc = comment(schema.description);
  if (schema.properties !== undefined) return `${doc}export interface ${name} ${typeOf(schema)}`;
  return `${doc}export type ${name} = ${typeOf(schema)};`;
}

/** @param {string | undefined} text */
function comment(text) {
  return text === undefined ? "" : `/** ${text} */\n`;
}

/** @param {Schema} schema @returns {string} */
function typeOf(schema) {
  const unknown = Object.keys(schema).find((keyword) => !KNOWN.has(keyword));
  if (unknown !== undefined)
    throw new Error(`The schema has the keyword \`${unknown}\`, which has no type here.`);
  if (schema.$ref !== undefined) return schema.$ref.replace("#/$defs/", "");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices !== undefined) return choices.map(typeOf).join(" | ");
  return [schema.type ?? []]
    .flat()
    .map((type) => named(type, schema))
    .join(" | ");
}

/** @param {string} type @param {Schema} schema */
function named(type, schema) {
  if (type === "object") return objectType(schema);
  if (type === "array") return arrayType(schema);
  return type === "integer" ? "number" : type;
}

/** @param {Schema} schema */
function arrayType({ items, prefixItems }) {
  if (prefixItems !== undefined) return `[${prefixItems.map(typeOf).join(", ")}]`;
  return `Array<${items === undefined ? "unknown" : typeOf(items)}>`;
}

/** @param {Schema} schema */
function objectType({ properties, required = [], additionalProperties }) {
  if (properties === undefined) {
    const values = typeof additionalProperties === "object" ? typeOf(additionalProperties) : "unknown";
    return `Record<string, ${values}>`;
  }
  const members = Object.entries(properties).map(([name, property]) => {
    const mark = required.includes(name) ? "" : "?";
    return `${comment(property.description)}${JSON.stringify(name)}${mark}: ${typeOf(property)};`;
  });
  return `{\n${members.join("\n")}\n}`;
}
