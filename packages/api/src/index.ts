/**
 * HTTP endpoints whose requests are accepted, validated and rejected in Rust.
 *
 * @packageDocumentation
 */
import { requireAbi } from "@twinloop/core-native/internal";
import { HttpStatus as statuses } from "./status.ts";
import type { HttpStatus as Status } from "./place.ts";

requireAbi("@twinloop/api", 2);

export {
  APIError,
  appMeta,
  currentRequest,
  ErrCode,
  log,
  onShutdown,
  start,
  stop,
} from "@twinloop/core-native";
export type { App, HealthOptions, StandardSchema, StartOptions } from "@twinloop/core-native";
export { api, type Callable, type EventSourceFunction } from "./api.ts";
export { Context } from "./context.ts";
export { EventContext, type ServerSentEvent } from "./event-stream.ts";
export type { APIOptions, Infer, Method } from "./options.ts";
export type { StaticAssets, StaticOptions } from "./static.ts";
export type { Cookie, CookieAttributes, Header, Query, SetCookie } from "./place.ts";
export type * from "./validate.ts";

/** HTTP statuses by name, and the type of the response field that holds one. */
export const HttpStatus: typeof statuses = statuses;
/** The response field that holds the HTTP status. */
export type HttpStatus = Status;
