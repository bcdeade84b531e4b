/**
 * What the compiler shares with the runtime. Not for apps: it changes without notice. Importing it starts nothing, and loads the
 * addon only when it is asked for.
 *
 * @packageDocumentation
 */
export { DURATION_FORM, formatDuration, parseDuration } from "./options/duration.ts";
export { nearest } from "./options/nearest.ts";
export { wholeNumberWords } from "./options/option-bounds.ts";
export { pathFault, pathParameters, routeOf, type PathFault } from "./options/path.ts";
export { schemaFault } from "./crossing/schema-engine.ts";
export { ErrCode } from "./errors/error-code.ts";
export { describedSchema, JsonSchemas, type SchemaObject, type JsonSchemaOptions } from "@twinloop/schema";
export type * from "@twinloop/schema";
