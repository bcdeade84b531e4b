import { APIError, type ErrorHeaders } from "@twinloop/core-native";
import { httpStatus, isErrCode } from "@twinloop/core-native/internal";

/** The message of a path without an endpoint, as Rust answers it. */
const NO_ENDPOINT = "no endpoint has this path";

/** Headers that servers and proxies give every answer: they are none of the error's own. */
const OF_SERVERS =
  /^(?:access-control-.*|age|alt-svc|cache-control|connection|content-.*|cross-origin-.*|date|etag|keep-alive|origin-agent-cluster|permissions-policy|proxy-.*|ratelimit-.*|referrer-policy|server|set-cookie|strict-transport-security|te|trailer|transfer-encoding|twinloop-.*|upgrade|vary|via|x-content-type-options|x-dns-prefetch-control|x-download-options|x-frame-options|x-permitted-.*|x-request-id|x-xss-protection)$/;

/**
 * Reads an error out of an answer: of the form `{ code, message, details }`, or problem details.
 *
 * Shape:  status, text and headers of an answer -> the error as the endpoint has thrown it, with its own headers; `undefined`
 *         for any other answer, whose status and code do not belong together, and for that of a server which does not know
 *         the endpoint.
 */
export function publicError(
  status: number,
  text: string,
  headers: readonly (readonly [string, string])[],
): APIError | undefined {
  const { code, message, details } = membersOf(text) ?? {};
  // The status may be that of `invalidInput` too: any of a client's.
  const isOwn =
    isErrCode(code) && (httpStatus(code) === status || (code === "invalid_argument" && status === 422));
  if (!isOwn || typeof message !== "string" || message === NO_ENDPOINT) return undefined;
  const error = new APIError(code, message, undefined, details ?? undefined);
  const own = ownHeaders(headers);
  return Object.keys(own).length === 0 ? error : error.withHeaders(own);
}

/** The members of an error's body, from either form, unchecked. */
interface Members {
  readonly code: unknown;
  readonly message: unknown;
  readonly details: unknown;
}

/**
 * Reads a body as JSON; of problem details, `detail` is the message and `issues` are part of the details (RFC 9457, section
 * 3.2).
 */
function membersOf(text: string): Members | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { code, message, detail, details, issues } = value as Readonly<Record<string, unknown>>;
  if (message !== undefined) return { code, message, details };
  const whole = issues === undefined ? details : { issues, ...(details as object | undefined) };
  return { code, message: detail, details: whole };
}

/** The headers that the endpoint's error has by itself, such as `retry-after`; those sent several times as lists. */
function ownHeaders(headers: readonly (readonly [string, string])[]): ErrorHeaders {
  const own: Record<string, string[]> = {};
  for (const [name, value] of headers) if (!OF_SERVERS.test(name)) (own[name] ??= []).push(value);
  return Object.fromEntries(
    Object.entries(own).map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  );
}
