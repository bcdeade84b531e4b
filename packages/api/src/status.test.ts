import { expect, test } from "vitest";
import { ErrCode, HttpStatus, HttpStatusValues } from "./index.ts";

/** Every name of `HttpStatus` in `encore.dev/api`, with its number. */
const ENCORE = `
Continue 100, SwitchingProtocols 101, Processing 102, EarlyHints 103,
OK 200, Created 201, Accepted 202, NonAuthoritativeInformation 203, NoContent 204, ResetContent 205, PartialContent 206,
MultiStatus 207, AlreadyReported 208, IMUsed 226,
MultipleChoices 300, MovedPermanently 301, Found 302, SeeOther 303, NotModified 304, UseProxy 305, SwitchProxy 306,
TemporaryRedirect 307, PermanentRedirect 308,
BadRequest 400, Unauthorized 401, PaymentRequired 402, Forbidden 403, NotFound 404, MethodNotAllowed 405,
NotAcceptable 406, ProxyAuthenticationRequired 407, RequestTimeout 408, Conflict 409, Gone 410, LengthRequired 411,
PreconditionFailed 412, PayloadTooLarge 413, URITooLong 414, UnsupportedMediaType 415, RangeNotSatisfiable 416,
ExpectationFailed 417, ImATeapot 418, MisdirectedRequest 421, UnprocessableEntity 422, Locked 423, FailedDependency 424,
TooEarly 425, UpgradeRequired 426, PreconditionRequired 428, TooManyRequests 429, RequestHeaderFieldsTooLarge 431,
UnavailableForLegalReasons 451,
InternalServerError 500, NotImplemented 501, BadGateway 502, ServiceUnavailable 503, GatewayTimeout 504,
HTTPVersionNotSupported 505, VariantAlsoNegotiates 506, InsufficientStorage 507, LoopDetected 508, NotExtended 510,
NetworkAuthenticationRequired 511`;

const names = ENCORE.split(",").map((entry): [string, number] => {
  const [name = "", status] = entry.trim().split(" ");
  return [name, Number(status)];
});

test.each(names)("HttpStatus.%s is %i, as in Encore", (name, status) => {
  expect(HttpStatus).toHaveProperty(name, status);
});

test("the names are sixty-three, and HttpStatusValues has them too", () => {
  expect(names).toHaveLength(63);
  expect(HttpStatusValues).toBe(HttpStatus);
});

test("ErrCode has Encore's OK, which no error has", () => {
  expect(ErrCode.OK).toBe("ok");
});
