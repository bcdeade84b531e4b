import type { IncomingMessage } from "node:http";
import { APIError, ErrCode } from "@twinloop/core-native";
import type { Callee } from "../call/callee.ts";
import { unreachable } from "./send-request.ts";
import { SECRET_VARIABLE } from "./service-secret.ts";

/** The methods that are idempotent by definition. */
const IDEMPOTENT: ReadonlySet<string> = new Set(["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"]);

/** Tells whether an endpoint may run twice with the effect of once. Source: RFC 9110, section 9.2.2. */
export function isRepeatable(methods: readonly string[]): boolean {
  return methods.every((method) => IDEMPOTENT.has(method));
}

/**
 * The failure of a call whose answer is not one of the endpoint: of a proxy, of another server, of another version of the
 * app.
 *
 * Shape:  the status -> the code: 404, 405, 501 `unimplemented`; 401, 403 `internal`; 408, 504 `deadline_exceeded`; 413, 429
 *         `resource_exhausted`; others from 300 `unavailable`; below 300 `internal`. What was found stands in the cause, for
 *         the log.
 */
export function foreignAnswer(
  { meta, planned: { service } }: Callee,
  { statusCode: status = 0, headers }: IncomingMessage,
  cause?: unknown,
): APIError {
  const found = new Error(
    `the service ${service} answered ${status} (${headers["content-type"] ?? "no content type"})`,
    cause === undefined ? undefined : { cause },
  );
  switch (status) {
    case 404:
    case 405:
    case 501:
      return APIError.unimplemented(
        `the service ${service} does not know ${meta.name}: its process may run another version of the app`,
        found,
      );
    case 401:
    case 403:
      return APIError.internal(
        `the service ${service} refused the call`,
        new Error(`compare ${SECRET_VARIABLE} and the clocks of both processes`, { cause: found }),
      );
    case 408:
    case 504:
      return APIError.deadlineExceeded(`the service ${service} did not answer in time`, found);
    case 413:
    case 429:
      return new APIError(ErrCode.ResourceExhausted, `the service ${service} takes no such call now`, found);
    default:
      return status >= 300 ? unreachable(service, found) : misfit(service, found);
  }
}

/** The failure of a call whose answer is no answer of the endpoint's type, as that of a handler that answers so. */
export function misfit(service: string, cause: unknown): APIError {
  return APIError.internal(`the answer of the service ${service} is not of the endpoint's type`, cause);
}
