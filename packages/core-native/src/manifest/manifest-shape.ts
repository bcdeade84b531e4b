import { readFileSync } from "node:fs";
import { isObject, SchemaReader, type JsonSchema } from "./json-schema.ts";

let schema: JsonSchema | undefined;

/**
 * Tells why a JSON value is no manifest, as the end of a sentence; `undefined` when it is one.
 *
 * Source: `contract/manifest.schema.json`, a copy of which lies in this package. In addition, each type index must be within
 *         the manifest's types.
 */
export function misshape(value: object): string | undefined {
  schema ??= JSON.parse(
    readFileSync(new URL("../../manifest.schema.json", import.meta.url), "utf8"),
  ) as JsonSchema;
  const { types } = value as { readonly types?: unknown };
  const count = Array.isArray(types) ? types.length : 0;
  const isType = (index: unknown): string | undefined =>
    (index as number) < count ? undefined : `is ${String(index)}, which is no type of it`;
  return new SchemaReader(schema, { TypeIndex: isType }).fault(value);
}

export { isObject };
