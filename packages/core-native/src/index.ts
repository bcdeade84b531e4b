/**
 * The Twinloop runtime: loads the native addon, starts and stops the app.
 *
 * @packageDocumentation
 */
export { appMeta, type AppMeta } from "./app.ts";
export type { Duration, DurationUnit } from "./duration.ts";
export { APIError, ErrCode, StartError, TwinloopError, type Problem } from "./error.ts";
export { onShutdown, start, stop, type App } from "./lifecycle.ts";
export type { HealthOptions, StartOptions } from "./start-options.ts";
export type { AppTransaction, SharedTypes } from "./shared-database.ts";
export { log, type Logger } from "./log.ts";
export { currentRequest, type Operation, type Trace } from "./operation.ts";
export type { Running } from "./component.ts";
export type { SchemaIssue, SchemaResult, StandardSchema } from "./schema/standard-schema.ts";
