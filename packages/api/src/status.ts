import type { HttpStatus as HttpStatusField } from "./place.ts";

const statuses = {
  Continue: 100,
  SwitchingProtocols: 101,
  Processing: 102,
  EarlyHints: 103,
  OK: 200,
  Created: 201,
  Accepted: 202,
  NonAuthoritativeInformation: 203,
  NonAuthoritativeInfo: 203,
  NoContent: 204,
  ResetContent: 205,
  PartialContent: 206,
  MultiStatus: 207,
  AlreadyReported: 208,
  IMUsed: 226,
  MultipleChoices: 300,
  MovedPermanently: 301,
  Found: 302,
  SeeOther: 303,
  NotModified: 304,
  UseProxy: 305,
  SwitchProxy: 306,
  TemporaryRedirect: 307,
  PermanentRedirect: 308,
  BadRequest: 400,
  Unauthorized: 401,
  PaymentRequired: 402,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  ProxyAuthenticationRequired: 407,
  ProxyAuthRequired: 407,
  RequestTimeout: 408,
  Conflict: 409,
  Gone: 410,
  LengthRequired: 411,
  PreconditionFailed: 412,
  ContentTooLarge: 413,
  PayloadTooLarge: 413,
  RequestEntityTooLarge: 413,
  URITooLong: 414,
  RequestURITooLong: 414,
  UnsupportedMediaType: 415,
  RangeNotSatisfiable: 416,
  RequestedRangeNotSatisfiable: 416,
  ExpectationFailed: 417,
  ImATeapot: 418,
  Teapot: 418,
  MisdirectedRequest: 421,
  UnprocessableContent: 422,
  UnprocessableEntity: 422,
  Locked: 423,
  FailedDependency: 424,
  TooEarly: 425,
  UpgradeRequired: 426,
  PreconditionRequired: 428,
  TooManyRequests: 429,
  RequestHeaderFieldsTooLarge: 431,
  UnavailableForLegalReasons: 451,
  InternalServerError: 500,
  NotImplemented: 501,
  BadGateway: 502,
  ServiceUnavailable: 503,
  GatewayTimeout: 504,
  HTTPVersionNotSupported: 505,
  VariantAlsoNegotiates: 506,
  InsufficientStorage: 507,
  LoopDetected: 508,
  NotExtended: 510,
  NetworkAuthenticationRequired: 511,
} as const;

/** The type of `HttpStatus`: each number is marked, so that a handler's inferred answer is known to hold its status. */
export type NamedStatuses = {
  readonly [Name in keyof typeof statuses]: (typeof statuses)[Name] & HttpStatusField;
};

/**
 * The HTTP statuses by their names (RFC 9110, section 15, and the IANA registry), and by the names that earlier standards
 * gave them, which other frameworks use: `ContentTooLarge`, `PayloadTooLarge` and `RequestEntityTooLarge` are all 413.
 *
 * A handler answers with one of 200 to 599, by a response field of the type `HttpStatus`; those below 200 are interim
 * responses, which a raw endpoint sends by `response.writeContinue()` and `response.writeEarlyHints()`.
 */
export const HttpStatus: NamedStatuses = statuses;
