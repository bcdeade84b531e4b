/**
 * The schema IR (types as data), with the serializer that writes values as JSON and the reviver that restores values
 * from the wire. The runtime's validator in Rust is compiled from the same IR.
 *
 * @packageDocumentation
 */
export type * from "./ir/ir.ts";
export { revivalPlan, type Revival } from "./ir/revival-plan.ts";
export { described as describedSchema, type SchemaObject } from "./json-schema/described.ts";
export { JsonSchemas, type JsonSchemaOptions } from "./json-schema/schema-of.ts";
export { irFromSchema, type Converted } from "./library/zod.ts";
export type { SchemaIssue, SchemaResult, StandardSchema } from "./library/standard-schema.ts";
export { buildFrameReader, frameEnvelope, type Frame, type FrameReader } from "./read/frame-reader.ts";
export { isFramed } from "./read/frame-layout.ts";
export { revive } from "./read/revive.ts";
export { hasJSONForm } from "./write/json-form.ts";
export { DIGITS, nameOf, ValueMismatch, type MismatchFound } from "./write/mismatch.ts";
export type { RowForm } from "./write/row-form.ts";
export { allowSplices, endSplices, splice, type Spliceable } from "./write/splice.ts";
export { buildSerializer, type Serialize } from "./write/serializer.ts";
