/**
 * The Twinloop runtime: loads the native addon, starts and stops the app.
 *
 * @packageDocumentation
 */
import "./environment/environment-file.ts";
import "./lifecycle/uncaught.ts";

export { appMeta, type AppMeta } from "./lifecycle/app.ts";
export type {
  BuildMeta,
  CloudProvider,
  DeployMeta,
  EnvironmentMeta,
  EnvironmentType,
  HostedService,
} from "./lifecycle/app-meta.ts";
export type { Duration, DurationUnit } from "./options/duration.ts";
export {
  APIError,
  ErrCode,
  StartError,
  TwinloopError,
  type ErrDetails,
  type ErrorHeaders,
  type Problem,
} from "./errors/error.ts";
export { onShutdown, start, stop, type App } from "./lifecycle/lifecycle.ts";
export type { FetchOptions } from "./telemetry/outgoing-span.ts";
export type { AccessLog, TelemetryOptions } from "./telemetry/telemetry-options.ts";
export type { HealthCheck, HealthOptions, LimitOptions, StartOptions } from "./lifecycle/start-options.ts";
export type { AppTransaction, SharedTypes } from "./sharing/shared-database.ts";
export { log, type Logger } from "./log/log.ts";
export { HandlerResponse, ResponseHeader } from "./work/handler-response.ts";
export {
  middleware,
  type Middleware,
  type MiddlewareFn,
  type MiddlewareOptions,
  type MiddlewareTarget,
  type Next,
} from "./work/middleware.ts";
export { MiddlewareRequest } from "./work/middleware-request.ts";
export type { ServiceConfig } from "./work/service.ts";
export {
  currentRequest,
  type OperationTypes,
  type RequestData,
  type RequestMeta,
  type Trace,
  type Work,
} from "./work/work.ts";
export type { Running } from "./lifecycle/component.ts";
export type { SchemaIssue, SchemaResult, StandardSchema } from "@twinloop/schema";
