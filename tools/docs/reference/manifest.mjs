import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../setup/command.mjs";
import { code, prose, table } from "./table.mjs";

/**
 * @typedef {{ description?: string, type?: string | string[], $ref?: string, const?: unknown, enum?: unknown[],
 *   properties?: Record<string, Schema>, required?: string[], items?: Schema, oneOf?: Schema[], anyOf?: Schema[],
 *   additionalProperties?: boolean | Schema, $defs?: Record<string, Schema> }} Schema
 */

/** Writes the page of `.twinloop/manifest.json`, from its JSON Schema. @returns {string} */
export function manifestPage() {
  /** @type {Schema} */
  const schema = JSON.parse(readFileSync(join(root, "contract/manifest.schema.json"), "utf8"));
  const parts = Object.entries(schema.$defs ?? {}).map(([name, part]) => {
    return `## ${name}\n\n${described(part)}`;
  });
  return `# The manifest

\`twinloop build\` writes \`.twinloop/manifest.json\`: what the app declares, and the types of its requests, answers and messages. It is all that a running app is started from; deploy it beside the code. Made from
\`contract/manifest.schema.json\`, which editors take as well: [JSON Schemas of files](/json-schemas).

## Manifest

${described(schema)}

${parts.join("\n\n")}
`;
}

/** @param {Schema} schema */
function described(schema) {
  const { description = "", properties, required = [] } = schema;
  if (properties === undefined) return `${prose(description)}\n\n${typeOf(schema)}`.trim();
  const rows = Object.entries(properties).map(([name, property]) => {
    return [
      code(name),
      typeOf(property),
      required.includes(name) ? "yes" : "",
      prose(property.description ?? ""),
    ];
  });
  return `${prose(description)}\n\n${table(["property", "type", "required", ""], rows)}`;
}

/** The type of a schema in a few words, with links to the parts that it names. @param {Schema} schema @returns {string} */
function typeOf({ $ref, const: only, enum: values, type, items, oneOf, anyOf, additionalProperties }) {
  if ($ref !== undefined) {
    const name = $ref.split("/").at(-1) ?? "";
    return `[${code(name)}](#${name.toLowerCase()})`;
  }
  if (only !== undefined) return code(JSON.stringify(only));
  if (values !== undefined) return values.map((value) => code(JSON.stringify(value))).join(", ");
  const arms = oneOf ?? anyOf;
  if (arms !== undefined) return arms.map(typeOf).join(" or ");
  if (items !== undefined) return `list of ${typeOf(items)}`;
  if (typeof additionalProperties === "object") return `object of ${typeOf(additionalProperties)}`;
  return [type ?? "any"].flat().join(" or ");
}
