import { APIError, type ErrCode, type ErrorHeaders } from "@twinloop/core-native";
import { toWireError } from "@twinloop/core-native/internal";

/** An error as one process tells it to another. */
export interface WrittenError {
  readonly code: ErrCode;
  readonly message: string;
  readonly details?: unknown;
  readonly headers?: ErrorHeaders | undefined;
}

/**
 * What another process is told of an error: what a client would be told, so that a failure of one service shows nothing to
 * the next.
 */
export function errorToWrite(error: unknown): WrittenError {
  const { code, message, details, headers } = toWireError(error);
  return { code, message, ...(details === null ? {} : { details }), headers };
}

/** Makes the error that another process has told. */
export function writtenError({ code, message, details, headers }: WrittenError): APIError {
  const error = new APIError(code, message, undefined, details);
  return headers === undefined ? error : error.withHeaders(headers);
}
