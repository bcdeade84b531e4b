import { downstreamAnswer } from "./downstream.ts";
import { ErrCode, httpStatus, isErrCode } from "./error-code.ts";
import { APIError } from "./error.ts";
import { encodeHeaders, type ErrorHeaders } from "./error-headers.ts";
import { log } from "../log/log.ts";
import { redacted } from "../log/redaction.ts";

/** The answer to a failed call: an HTTP status, the three fields of its JSON body, and headers. */
export interface WireError {
  /** The HTTP status, from the code. */
  readonly status: number;
  /** The code; `internal` also for what is not meant for callers. */
  readonly code: ErrCode;
  /** What the caller may know. */
  readonly message: string;
  /** `null` when there are none. */
  readonly details: unknown;
  /** The headers of the answer; `undefined` when there are none. */
  readonly headers?: ErrorHeaders | undefined;
}

const HIDDEN: WireError = Object.freeze({
  status: 500,
  code: ErrCode.Internal,
  message: "an internal error occurred",
  details: null,
});

const DEPENDENCY_FAILED = {
  unavailable: wire(
    ErrCode.Unavailable,
    "a service that this endpoint needs cannot be reached: try again later",
  ),
  deadline_exceeded: wire(
    ErrCode.DeadlineExceeded,
    "a service that this endpoint needs did not answer in time",
  ),
} as const;

function wire(code: ErrCode, message: string): WireError {
  return Object.freeze({ status: httpStatus(code), code, message, details: null });
}

/**
 * What the caller is told about a thrown value: an `APIError` as it is; 503 or 504 for the failure of a dependency, told by
 * its code (`contract/errors.json`, `downstream`); one of code `internal` and anything else as 500 without a word of what
 * happened. Never throws, whatever was thrown.
 */
export function toWireError(thrown: unknown): WireError {
  try {
    if (!(thrown instanceof APIError)) {
      const answer = downstreamAnswer(thrown);
      return answer === undefined ? HIDDEN : DEPENDENCY_FAILED[answer];
    }
    const { code, message, details, headers } = thrown;
    const hidden = headers === undefined ? HIDDEN : { ...HIDDEN, headers };
    if (!isErrCode(code) || code === ErrCode.Internal || typeof message !== "string") return hidden;
    return { status: httpStatus(code), code, message, details: details ?? null, headers };
  } catch {
    return HIDDEN;
  }
}

/**
 * The JSON body of a failed call. A `bigint` in the details is sent as its digits; details that JSON cannot carry are sent
 * as `null` and logged, so that the code and message still arrive. Secrets in it are redacted. Never throws.
 */
export function encodeWireError({ code, message, details }: WireError): string {
  const head = `{"code":${JSON.stringify(code)},"message":${JSON.stringify(message)},"details":`;
  return redacted(`${head}${encodeDetails(details, code)}}`);
}

/** The headers of a failed call as JSON, `[["name","value"],…]`; empty without any. Secrets in them are redacted. */
export function encodeWireHeaders({ headers }: WireError): string {
  return headers === undefined ? "" : redacted(encodeHeaders(headers));
}

function encodeDetails(details: unknown, code: ErrCode): string {
  try {
    const text = JSON.stringify(details, digits);
    if (text !== undefined) return text;
    log.error("failed to send the details of an error: JSON has no text for them", {
      code,
      found: typeof details,
    });
  } catch (error) {
    log.error(error, "failed to send the details of an error: JSON cannot carry them", { code });
  }
  return "null";
}

function digits(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
