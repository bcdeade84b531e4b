/**
 * The codes an error can carry across the wire: the sixteen codes of gRPC, in lower snake case; and `OK`, which no error has.
 *
 * Shape:  `ErrCode.NotFound === "not_found"`; the type `ErrCode` is the union of the strings.
 * Source: gRPC, "Status codes and their use in gRPC"; `contract/errors.json` is the list both languages are tested against.
 */
export const ErrCode = {
  OK: "ok",
  Canceled: "canceled",
  Unknown: "unknown",
  InvalidArgument: "invalid_argument",
  DeadlineExceeded: "deadline_exceeded",
  NotFound: "not_found",
  AlreadyExists: "already_exists",
  PermissionDenied: "permission_denied",
  ResourceExhausted: "resource_exhausted",
  FailedPrecondition: "failed_precondition",
  Aborted: "aborted",
  OutOfRange: "out_of_range",
  Unimplemented: "unimplemented",
  Internal: "internal",
  Unavailable: "unavailable",
  DataLoss: "data_loss",
  Unauthenticated: "unauthenticated",
} as const;

export type ErrCode = (typeof ErrCode)[keyof typeof ErrCode];

interface CodeEntry {
  readonly http: number;
  readonly retryable: boolean;
}

// Restated here because the published package does not carry contract/; error-code.test.ts compares the two.
const CODES: Readonly<Record<Exclude<ErrCode, "ok">, CodeEntry>> = {
  canceled: { http: 499, retryable: false },
  unknown: { http: 500, retryable: false },
  invalid_argument: { http: 400, retryable: false },
  deadline_exceeded: { http: 504, retryable: false },
  not_found: { http: 404, retryable: false },
  already_exists: { http: 409, retryable: false },
  permission_denied: { http: 403, retryable: false },
  resource_exhausted: { http: 429, retryable: true },
  failed_precondition: { http: 400, retryable: false },
  aborted: { http: 409, retryable: true },
  out_of_range: { http: 400, retryable: false },
  unimplemented: { http: 501, retryable: false },
  internal: { http: 500, retryable: false },
  unavailable: { http: 503, retryable: true },
  data_loss: { http: 500, retryable: false },
  unauthenticated: { http: 401, retryable: false },
};

/** Tells whether `value` is one of the sixteen error codes; `ok` is none. */
export function isErrCode(value: unknown): value is Exclude<ErrCode, "ok"> {
  return typeof value === "string" && Object.hasOwn(CODES, value);
}

/** The HTTP status that answers an error of this code; 500 for a string that is none of the sixteen. */
export function httpStatus(code: ErrCode): number {
  return isErrCode(code) ? CODES[code].http : 500;
}

/** Tells whether the same call may succeed when it is repeated after a pause. */
export function isRetryable(code: ErrCode): boolean {
  return isErrCode(code) && CODES[code].retryable;
}
