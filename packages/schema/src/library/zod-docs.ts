import type { DocTags } from "../ir/ir.ts";
import { isZod } from "./zod-definition.ts";

/** What a schema's `.describe()` and `.meta()` say of it, in the form of a doc comment. */
export function docsOf(schema: unknown): { doc?: string; docTags?: DocTags } {
  const said = metaOf(schema);
  const { description, title, deprecated, examples } = said;
  const docTags: DocTags = {
    ...(typeof title === "string" ? { summary: title } : {}),
    ...(deprecated === true ? { deprecated: "" } : {}),
    ...(Array.isArray(examples) ? { examples: examples.map((value) => JSON.stringify(value)) } : {}),
  };
  return {
    ...(typeof description === "string" ? { doc: description } : {}),
    ...(Object.keys(docTags).length === 0 ? {} : { docTags }),
  };
}

/** The name that a schema has by `.meta({ id })`. */
export function idOf(schema: unknown): { name?: string } {
  const { id } = metaOf(schema);
  return typeof id === "string" && id !== "" ? { name: id } : {};
}

/** The metadata of a schema, as zod's global registry has it; empty for a schema without any. */
function metaOf(schema: unknown): Readonly<Record<string, unknown>> {
  if (!isZod(schema)) return {};
  const { meta } = schema as { readonly meta?: () => Readonly<Record<string, unknown>> | undefined };
  return (typeof meta === "function" ? meta.call(schema) : undefined) ?? {};
}
