/**
 * HTTP endpoints whose requests are accepted, validated and rejected in Rust.
 *
 * Endpoints are declared at module level by `api`, `api.raw`, `api.sse`, `api.static` and the three `api.stream…` functions;
 * `start()` finds them all, and refuses to serve while one of them is wrong. The types of requests and responses are read
 * from the sources by `npx @twinloop/cli build`, so that no schema has to be written.
 *
 * Example:
 * ```ts
 * import { api, start } from "@twinloop/api";
 *
 * export const hello = api(
 *   { expose: true, method: "GET", path: "/hello/:name" },
 *   async ({ name }: { name: string }) => ({ message: `Hello ${name}!` }),
 * );
 *
 * await start();
 * ```
 *
 * @packageDocumentation
 */
import { requireAbi } from "@twinloop/core-native/internal";
import { HttpStatus as statuses } from "./status.ts";
import type { HttpStatus as Status } from "./place.ts";

requireAbi("@twinloop/api", 7);

export {
  APIError,
  appMeta,
  currentRequest,
  ErrCode,
  HandlerResponse,
  log,
  middleware,
  MiddlewareRequest,
  onShutdown,
  ResponseHeader,
  start,
  stop,
} from "@twinloop/core-native";
export type {
  App,
  ErrDetails,
  ErrorHeaders,
  AppMeta,
  BuildMeta,
  CloudProvider,
  DeployMeta,
  EnvironmentMeta,
  EnvironmentType,
  HealthCheck,
  HealthOptions,
  HostedService,
  LimitOptions,
  Middleware,
  MiddlewareFn,
  MiddlewareOptions,
  MiddlewareTarget,
  Next,
  RequestData,
  RequestMeta,
  StandardSchema,
  StartOptions,
} from "@twinloop/core-native";
export {
  apiKeys,
  authHandler,
  getAuthData,
  jwt,
  type ApiKeysOptions,
  type AuthCacheOptions,
  type AuthData,
  type AuthFunction,
  type AuthHandler,
  type AuthHandlerOptions,
  type HashedApiKey,
  type JwtAlgorithm,
  type JwtData,
  type JwtKey,
  type JwtOptions,
} from "./auth/index.ts";
export { Gateway } from "./auth/gateway.ts";
export type { GatewayOptions } from "./auth/gateways.ts";
export type { CallOpts } from "./call/call-options.ts";
export { api, type Callable, type EventSourceFunction } from "./api.ts";
export type {
  AnyMethod,
  EndpointType,
  Exposed,
  RawEndpointType,
  RouteOptions,
  TypedEndpoint,
  Streamed,
  Unrouted,
} from "./exposed.ts";
export { Content, CSV, HTML, TextBody, type Cell, type ContentOptions } from "./body/content.ts";
export { file, FileBody, type FileOptions } from "./body/file.ts";
export type { BytesBody, Form, Multipart } from "./body/form.ts";
export { redirect, Redirect, type RedirectStatus } from "./body/redirect.ts";
export { UploadedFile, type FileDescription, type FileSource } from "./body/uploaded-file.ts";
export { Context, type APICallMeta, type APIDesc } from "./context.ts";
export type { FetchHandler } from "./raw/fetch-handler.ts";
export { RawRequest } from "./raw/raw-request.ts";
export { RawResponse } from "./raw/raw-response.ts";
export type { RawHandler, RawOptions } from "./raw/raw-handler.ts";
export type { InItsStyle, RawEndpoint } from "./raw/raw.ts";
export { EventContext, type ServerSentEvent } from "./event-stream.ts";
export type {
  ErrorAnswer,
  ErrorForm,
  ErrorFunction,
  ErrorToSend,
  RequestOfError,
} from "./answer/error-form.ts";
export type { APIOptions, AuthOption, FormLimits, Infer, Method } from "./options.ts";
export { Service, type ServiceConfig } from "./service/index.ts";
export type { StaticAssets } from "./static.ts";
export type { StreamOptions } from "./stream/stream-options.ts";
export type {
  StreamEnd,
  StreamIn,
  StreamInHandlerFn,
  StreamInOut,
  StreamInOutHandlerFn,
  StreamOut,
  StreamOutHandlerFn,
  StreamOutWithResponse,
} from "./stream/streams.ts";
export type { StaticOptions } from "./static-options.ts";
export type {
  Cookie,
  CookieAttributes,
  EncryptedCookie,
  Header,
  Query,
  SetCookie,
  SignedCookie,
} from "./place.ts";
export type * from "./validate.ts";

import type { ErrorForm } from "./answer/error-form.ts";
import type { ProxyProtocol, TlsOptions, UnixOptions } from "./connection/listen-types.ts";
import type { CookieSecret } from "./cookie/secrets.ts";
import type { ServedOpenApi } from "./openapi/options.ts";
import type { TrustedProxy, TrustProxyOptions } from "./connection/trust.ts";
import type { RequestIdOptions, RequestIdSource } from "./policy/request-id.ts";
import type { ServerLimits } from "./policy/limits.ts";
import type { PolicyOptions } from "./policy/policy-options.ts";

declare module "@twinloop/core-native" {
  interface LimitOptions extends ServerLimits {}
  interface ServiceConfig extends PolicyOptions {
    /** The form of the error answers of the service's endpoints. Default: that of `start({ errors })`. */
    readonly errors?: ErrorForm;
    /** The status for an input that is not of the declared type. Default: that of `start({ invalidInput })`. */
    readonly invalidInput?: 400 | 422;
  }
  interface StartOptions extends PolicyOptions {
    /** Where request ids come from, and whether answers tell them in `x-request-id`. Default `random`. */
    readonly requestId?: RequestIdSource | RequestIdOptions;
    /**
     * The proxies whose forwarding headers are believed, for the caller's address, protocol and host. Default none.
     * Environment: `TRUST_PROXY`, a list separated by commas.
     */
    readonly trustProxy?: readonly TrustedProxy[] | TrustProxyOptions;
    /** The form of error answers, of those that Rust gives as well. Default `"twinloop"`. */
    readonly errors?: ErrorForm;
    /** The status for an input that is not of the declared type; a body that is no JSON is 400 in any case. Default 400. */
    readonly invalidInput?: 400 | 422;
    /**
     * Whether the app answers `/openapi.json`, and how: `path`, `page` (a page to read and try it), `title`, `version`, `description`,
     * `servers`, `private`. Default: in development alone.
     */
    readonly openapi?: boolean | ServedOpenApi;
    /**
     * The secrets of `SignedCookie` and `EncryptedCookie`, the newest first: it seals, and each opens, so that one can be
     * replaced. Each has at least 32 bytes, drawn at random. A function, such as `secret("CookieSecret")`, is called again
     * whenever secrets change; what the former secret has sealed opens until the process ends, and afterwards only where it
     * stands further back in the list. Environment: `COOKIE_SECRETS`, a list separated by commas.
     */
    readonly cookieSecrets?: readonly CookieSecret[];
    /**
     * A unix socket to listen on: its path, or options. Without `host` and `port` beside it, no port is opened. Environment:
     * `TWINLOOP_UNIX`, a path.
     */
    readonly unix?: string | UnixOptions;
    /**
     * TLS on the port. Default none. Environment: `TLS_CERT`, `TLS_KEY`, `TLS_CA`, `TLS_CLIENT_CERT`, `TLS_MIN_VERSION`.
     */
    readonly tls?: TlsOptions;
    /**
     * Whether HTTP/2 is spoken: over TLS where the client chooses it (ALPN), without TLS where it begins with it (prior
     * knowledge). Default true. Environment: `TWINLOOP_HTTP2`.
     */
    readonly http2?: boolean;
    /**
     * Whether connections begin with a header of the PROXY protocol, version 1 or 2, from a proxy in `trustProxy`: `optional`
     * reads one where it is, `required` closes connections without. Default `off`. Environment: `TWINLOOP_PROXY_PROTOCOL`.
     */
    readonly proxyProtocol?: ProxyProtocol;
  }
}
export type {
  CertificateFiles,
  ClientCertificate,
  ProxyProtocol,
  TlsOptions,
  UnixOptions,
} from "./connection/listen-types.ts";
export type { CookieSecret } from "./cookie/secrets.ts";
export type { TrustedProxy, TrustProxyOptions } from "./connection/trust.ts";
export type { RequestIdOptions, RequestIdSource } from "./policy/request-id.ts";
export type { ServerLimits } from "./policy/limits.ts";
export type {
  CompressionOptions,
  ContentEncoding,
  CorsOptions,
  HstsOptions,
  PolicyOptions,
  RateLimitKey,
  RateLimitOptions,
  RateLimitStore,
  SecurityHeadersOptions,
} from "./policy/policy-options.ts";

/** HTTP statuses by name: the same as `HttpStatus`, under the name of Encore's values. */
export const HttpStatusValues: typeof statuses = statuses;
/** One of the HTTP statuses that have a name. */
export type HttpStatusValues = (typeof statuses)[keyof typeof statuses];
/**
 * HTTP statuses by name, and the type of the response field that holds one.
 *
 * Example:
 * ```ts
 * import { api, HttpStatus } from "@twinloop/api";
 *
 * export const create = api({ expose: true, path: "/links" }, async ({ url }: { url: string }) => {
 *   return { url, status: HttpStatus.Created };
 * });
 * ```
 */
export const HttpStatus: typeof statuses = statuses;
/** The response field that holds the HTTP status. */
export type HttpStatus = Status;
