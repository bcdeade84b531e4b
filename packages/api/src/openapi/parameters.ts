import type { SchemaObject, JsonSchemas, RequestField, RequestPlace } from "@twinloop/core-native/build-time";
import { fieldSchema } from "./field-schema.ts";
import type { PathTemplate } from "./path-template.ts";

/** Headers that OpenAPI describes elsewhere, or that a client cannot set by itself. */
const UNSETTABLE: ReadonlySet<string> = new Set([
  ...["accept", "authorization", "content-type"],
  ...["connection", "content-length", "cookie", "host", "origin", "te", "transfer-encoding", "upgrade"],
]);

/** The parameters of an operation, and the headers it reads that no parameter can stand for. */
export interface Parameters {
  readonly parameters: readonly SchemaObject[];
  readonly headers: readonly string[];
}

/** Describes the path, query, header and cookie fields of a request. */
export function parametersOf(
  request: RequestPlace | null,
  template: PathTemplate,
  schemas: JsonSchemas,
): Parameters {
  const fields = request?.fields ?? [];
  const inPath = template.names.map(([own, shown]) => {
    const field = fields.find(({ in: place, name }) => place === "path" && name === own);
    const rest = own === template.rest ? REST : {};
    if (field === undefined)
      return { name: shown, in: "path", required: true, schema: { type: "string" }, ...rest };
    return { ...parameter(field, schemas), name: shown, required: true, ...rest };
  });
  const elsewhere = fields.filter(({ in: place }) => ["query", "header", "cookie"].includes(place));
  const settable = elsewhere.filter(({ in: place, wire }) => place !== "header" || !UNSETTABLE.has(wire));
  return {
    parameters: [...inPath, ...settable.map((field) => parameter(field, schemas))],
    headers: elsewhere.filter((field) => !settable.includes(field)).map(({ wire }) => wire),
  };
}

/** What is said of a parameter that takes the rest of the path. */
const REST = {
  description:
    "The rest of the path, with its slashes, which OpenAPI cannot express: they are not to be encoded.",
  "x-twinloop-rest-of-path": true,
};

/** Describes one field as a parameter; what OpenAPI says of a parameter itself is taken out of its schema. */
function parameter(field: RequestField, schemas: JsonSchemas): SchemaObject {
  const { description, deprecated, examples, ...schema } = fieldSchema(field, schemas);
  const isList = schema.type === "array";
  const told = [
    description,
    isList && field.in === "header" ? "Several values are sent as several headers." : undefined,
  ];
  const text = told.filter((one) => one !== undefined).join(" ");
  return {
    name: field.wire,
    in: field.in,
    ...(text === "" ? {} : { description: text }),
    ...(field.optional || field.nullable ? {} : { required: true }),
    ...(deprecated === undefined ? {} : { deprecated }),
    ...(isList && field.in === "query" ? { style: "form", explode: true } : {}),
    schema: schema as SchemaObject,
    ...(Array.isArray(examples) ? { example: examples[0] as unknown } : {}),
  };
}
