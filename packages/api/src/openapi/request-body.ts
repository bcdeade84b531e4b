import type { SchemaObject, JsonSchemas, RequestPlace } from "@twinloop/core-native/build-time";
import { fieldSchema } from "./field-schema.ts";

/** The body of a request; `undefined` for an operation that reads none. */
export function requestBodyOf(request: RequestPlace | null, schemas: JsonSchemas): SchemaObject | undefined {
  if (request === null) return undefined;
  // What a server reads is wider than what it sends.
  return bodyOf(request, schemas.input);
}

/** Describes a body by its form: `form`, `multipart`, `text`, `bytes`, or JSON by default. */
function bodyOf(request: RequestPlace, schemas: JsonSchemas): SchemaObject | undefined {
  switch (request.bodyAs) {
    case "form":
      return { required: true, content: { "application/x-www-form-urlencoded": formOf(request, schemas) } };
    case "multipart":
      return { required: true, content: { "multipart/form-data": multipartOf(request, schemas) } };
    case "text":
      return {
        description: "A text in UTF-8, of any content type `text/*`.",
        content: { "text/plain": { schema: { type: "string" } } },
      };
    case "bytes":
      return {
        description: "Bytes, of any content type.",
        content: { "application/octet-stream": { schema: BINARY } },
      };
    default:
      if (request.body === null) return undefined;
      return {
        ...(request.bodyOptional ? {} : { required: true }),
        content: { "application/json": { schema: schemas.of(request.body) } },
      };
  }
}

/** Bytes as they are. `format` is for tools that know OpenAPI 3.0 alone. */
const BINARY: SchemaObject = {
  type: "string",
  format: "binary",
  contentMediaType: "application/octet-stream",
};

/**
 * Describes a form: an object with one property for each field and file. Lists are sent by repetition, which `encoding`
 * tells.
 */
function formOf({ fields }: RequestPlace, schemas: JsonSchemas): SchemaObject {
  const parts = fields.filter(({ in: place }) => place === "form" || place === "file");
  const required = parts.filter(({ optional }) => !optional).map(({ wire }) => wire);
  const written = parts.map((field): [string, SchemaObject] => {
    const schema = fieldSchema(field, schemas);
    if (field.in !== "file") return [field.wire, schema.type === "array" ? oneOrSeveral(schema) : schema];
    return [field.wire, schema.type === "array" ? { ...schema, items: BINARY } : { ...schema, ...BINARY }];
  });
  const lists = parts.filter(
    ({ in: place, type }) => place === "form" && schemas.types[type]?.kind === "array",
  );
  return {
    schema: {
      type: "object",
      properties: Object.fromEntries(written),
      ...(required.length === 0 ? {} : { required }),
    },
    ...(lists.length === 0
      ? {}
      : { encoding: Object.fromEntries(lists.map(({ wire }) => [wire, { style: "form", explode: true }])) }),
  };
}

/** A list of a form, whose elements are sent by repetition: one element alone is a list too. */
function oneOrSeveral({ description, ...list }: SchemaObject): SchemaObject {
  return { anyOf: [list, list["items"]], ...(description === undefined ? {} : { description }) };
}

/** A multipart body: names stand in headers of its parts, which hold no control characters. */
function multipartOf(request: RequestPlace, schemas: JsonSchemas): SchemaObject {
  const { schema, ...media } = formOf(request, schemas);
  return {
    schema: { ...(schema as SchemaObject), propertyNames: { pattern: "^[^\\x00-\\x1f\\x7f]*$" } },
    ...media,
  };
}
