import {
  describedSchema,
  type SchemaObject,
  type JsonSchemas,
  type RequestField,
  type ResponseField,
} from "@twinloop/core-native/build-time";

/** What is said of a sealed cookie, whose text no client can make. */
const SEALS = {
  signed: "The server has signed the value: what another key signed, or what was changed, counts as absent.",
  encrypted:
    "The server has encrypted the value: what another key sealed, or what was changed, counts as absent.",
} as const;

/**
 * The schema of a field that is no part of a JSON body, with what is said of the field. */
export function fieldSchema(field: RequestField | ResponseField, schemas: JsonSchemas): SchemaObject {
  const { type, doc, docTags, sealed } = field;
  if (sealed !== undefined)
    return describedSchema({ type: "string", description: SEALS[sealed] }, doc, docTags);
  return schemas.at(type, "sensitive" in field, doc, docTags);
}
