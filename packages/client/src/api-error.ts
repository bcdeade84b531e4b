/** An error's facts beside its code and message. */
export interface ErrorFacts {
  readonly details?: unknown;
  readonly httpStatus?: number;
  readonly retryAfter?: number | undefined;
  readonly cause?: unknown;
}

/**
 * The failure of a call: an error that the app has answered, or what went wrong on the way.
 *
 * Shape:  `code` is one of the app's (`not_found`, `already_exists`, …), or of the client: `network_error` (no answer, or half of
 *         one), `deadline_exceeded` (also the app's: `httpStatus` is 0 where this side gave up), `canceled` (the caller aborted),
 *         `unknown_endpoint` (the app does not have the route: it is older or newer than its caller), `type_changed` (a value is
 *         not what the app's types say), `foreign_answer` (a page of a proxy, or another program's answer), `invalid_argument`
 *         (with status 0: an input that no request can carry), `invalid_base_url`, and `unknown` for an answer without a code.
 */
export class APIError extends Error {
  declare readonly code: string;
  /** The details of the app's error; of an answer without a code, its JSON. */
  declare readonly details: unknown;
  /** The HTTP status of the answer; 0 where there is none. */
  declare readonly httpStatus: number;
  /** The seconds after which the app asks for another try (`Retry-After`). */
  declare readonly retryAfter: number | undefined;

  /** An error of a code, with a message for people. */
  constructor(code: string, message: string, facts?: ErrorFacts) {
    super(message);
    Object.assign(this, { name: "APIError", code, httpStatus: 0, ...facts });
  }
}

/** Refuses a value, of a request or of an answer, with its place. */
export function refuse(code: "invalid_argument" | "invalid_base_url" | "type_changed", at: string): never {
  throw new APIError(code, `${at}: missing or wrong`);
}
