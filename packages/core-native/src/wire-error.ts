import { ErrCode, httpStatus, isErrCode } from "./error-code.ts";
import { APIError } from "./error.ts";
import { redacted } from "./redaction.ts";

/** The answer to a failed call: an HTTP status, and the three fields of its JSON body. */
export interface WireError {
  readonly status: number;
  readonly code: ErrCode;
  readonly message: string;
  /** `null` when there are none. */
  readonly details: unknown;
}

const HIDDEN: WireError = Object.freeze({
  status: 500,
  code: ErrCode.Internal,
  message: "an internal error occurred",
  details: null,
});

/**
 * What the caller is told about a thrown value: an `APIError` as it is, one of code `internal` and anything else as 500
 * without a word of what happened. Never throws, whatever was thrown.
 */
export function toWireError(thrown: unknown): WireError {
  try {
    if (!(thrown instanceof APIError)) return HIDDEN;
    const { code, message, details } = thrown;
    if (!isErrCode(code) || code === ErrCode.Internal || typeof message !== "string") return HIDDEN;
    return { status: httpStatus(code), code, message, details: details ?? null };
  } catch {
    return HIDDEN;
  }
}

/**
 * The JSON body of a failed call. Details that JSON cannot carry are sent as `null`, so that the code and message still
 * arrive. Secrets in it are redacted. Never throws.
 */
export function encodeWireError({ code, message, details }: WireError): string {
  const head = `{"code":${JSON.stringify(code)},"message":${JSON.stringify(message)},"details":`;
  return redacted(`${head}${encodeDetails(details)}}`);
}

function encodeDetails(details: unknown): string {
  try {
    return JSON.stringify(details) ?? "null";
  } catch {
    return "null";
  }
}
