import { ErrCode, httpStatus } from "./error-code.ts";
import { checkedHeaders, mergedHeaders, type ErrorHeaders } from "./error-headers.ts";
import { redacted } from "../log/redaction.ts";
import { HINT, SystemCode } from "./system-code.ts";

export { ErrCode, httpStatus, isErrCode, isRetryable } from "./error-code.ts";
export type { ErrorHeaders } from "./error-headers.ts";
export { SystemCode } from "./system-code.ts";

/** Machine-readable facts about an error, beside its message: an object of JSON values. */
export type ErrDetails = Record<string, unknown>;

/** The optional parts of an error, beside its code and message. */
export interface ErrorExtras {
  /** The error that caused this one; logged, never sent to a caller. */
  readonly cause?: unknown;
  /** Machine-readable facts for the caller; any JSON value. */
  readonly details?: unknown;
}

/**
 * The base of every error that Twinloop itself throws.
 *
 * Shape:  `code` is an `ErrCode`, a `SystemCode`, or a code of the primitive that threw it.
 */
export class TwinloopError extends Error {
  /** The reason in one word, for programs, such as `not_found`. */
  readonly code: string;
  declare readonly details?: unknown;

  constructor(code: string, message: string, extras: ErrorExtras = {}) {
    super(message, "cause" in extras ? { cause: extras.cause } : undefined);
    this.name = new.target.name;
    this.code = code;
    if (extras.details !== undefined) this.details = extras.details;
  }
}

/**
 * An error meant for the caller of an endpoint: thrown by a handler, it becomes the answer.
 *
 * Shape:  HTTP status from the code; body `{ code, message, details }`, or the form that `errors` asks for; the headers of
 *         `withHeaders`. The cause stays in the log.
 * Example: `throw APIError.notFound("no such link").withDetails({ id })`
 */
export class APIError extends TwinloopError {
  declare readonly code: ErrCode;
  /** The headers of the answer, by their names in lower case. */
  declare readonly headers?: ErrorHeaders;

  constructor(code: ErrCode, message: string, cause?: unknown, details?: unknown) {
    super(code, message, cause === undefined ? { details } : { cause, details });
  }

  /** The HTTP status of the response, from the error's code. */
  get httpStatus(): number {
    return httpStatus(this.code);
  }

  /** Returns a copy of the error with `details` for the caller; the original is not changed. */
  withDetails(details: unknown): APIError {
    return this.#copy(details, this.headers);
  }

  /**
   * Returns a copy of the error whose answer has `headers`, beside those that it had before, which they replace by
   * name, and cookies by the cookie's name; the original is not changed.
   *
   * Shape:  a text for each name, or a list of texts for a header that is sent several times, such as `set-cookie`.
   * Errors: a `TypeError` for what is no header name, for a value with a line break or another control character, and for
   *         `content-type`, `content-length` and headers of the connection, which the server sets.
   * Example: `throw APIError.resourceExhausted("slow down").withHeaders({ "retry-after": "30" })`
   */
  withHeaders(headers: ErrorHeaders): APIError {
    return this.#copy(this.details, mergedHeaders(this.headers, checkedHeaders(headers)));
  }

  #copy(details: unknown, headers: ErrorHeaders | undefined): APIError {
    const copy = new APIError(this.code, this.message, this.cause, details);
    // Not enumerable: a log line of the error shows no cookie.
    if (headers !== undefined) Object.defineProperty(copy, "headers", { value: headers });
    // The place that threw is of interest, not the call that copied.
    if (this.stack !== undefined) copy.stack = this.stack;
    return copy;
  }

  /** An error of code `canceled`, HTTP 499: the caller gave up. */
  static canceled(message: string, cause?: unknown): APIError {
    return new APIError(ErrCode.Canceled, message, cause);
  }
  /** An error of code `unknown`, HTTP 500: a failure of which nothing more is known. */
  static unknown(message: string, cause?: unknown): APIError {
    return new APIError(ErrCode.Unknown, message, cause);
  }
  /** An error of code `invalid_argument`, HTTP 400: the request is wrong whatever the state of the system. */
  static invalidArgument(message: string, cause?: unknown): APIError {
    return new APIError(ErrCode.InvalidArgument, message, cause);
  }
  /** An error of code `deadline_exceeded`, HTTP 504: the operation did not end in time. */
  static deadlineExceeded(message: string, cause?: unknown): APIError {
    return new APIError(ErrCode.DeadlineExceeded, message, cause);
  }
  /** An error of code `not_found`, HTTP 404: what the request names does not exist. */
  static notFound(message: string, cause?: unknown): APIError {
    return new APIError(ErrCode.NotFound, message, cause);
  }
  /** An error of code `already_exists`, HTTP 409: what the request would create exists. */
  static alreadyExists(message: string, cause?: unknown): APIError {
    return new APIError(ErrCode.AlreadyExists, message, cause);
  }
  /** An error of code `permission_denied`, HTTP 403: the caller is known and may not do this. */
  static permissionDenied(message: string, cause?: unknown): APIError {
    return new APIError(ErrCode.PermissionDenied, message, cause);
  }
  /** An error of code `resource_exhausted`, HTTP 429: a quota or a limit is used up; a later try may succeed. */
  static resourceExhausted(message: string, cause?: unknown): APIError {
    return new APIError(ErrCode.ResourceExhausted, message, cause);
  }
  /** An error of code `failed_precondition`, HTTP 400: the system's state does not allow the operation. */
  static failedPrecondition(message: string, cause?: unknown): APIError {
    return new APIError(ErrCode.FailedPrecondition, message, cause);
  }
  /** An error of code `aborted`, HTTP 409: a conflict with a concurrent operation; a later try may succeed. */
  static aborted(message: string, cause?: unknown): APIError {
    return new APIError(ErrCode.Aborted, message, cause);
  }
  /** An error of code `out_of_range`, HTTP 400: the request goes past the end of what there is. */
  static outOfRange(message: string, cause?: unknown): APIError {
    return new APIError(ErrCode.OutOfRange, message, cause);
  }
  /** An error of code `unimplemented`, HTTP 501: the operation is not supported. */
  static unimplemented(message: string, cause?: unknown): APIError {
    return new APIError(ErrCode.Unimplemented, message, cause);
  }
  /** An error of code `internal`, HTTP 500: an invariant of the app is broken. */
  static internal(message: string, cause?: unknown): APIError {
    return new APIError(ErrCode.Internal, message, cause);
  }
  /** An error of code `unavailable`, HTTP 503: the service cannot answer now; a later try may succeed. */
  static unavailable(message: string, cause?: unknown): APIError {
    return new APIError(ErrCode.Unavailable, message, cause);
  }
  /** An error of code `data_loss`, HTTP 500: data is lost or damaged beyond repair. */
  static dataLoss(message: string, cause?: unknown): APIError {
    return new APIError(ErrCode.DataLoss, message, cause);
  }
  /** An error of code `unauthenticated`, HTTP 401: the request has no valid credentials. */
  static unauthenticated(message: string, cause?: unknown): APIError {
    return new APIError(ErrCode.Unauthenticated, message, cause);
  }
}

/** One reason why an app cannot start. */
export interface Problem {
  readonly code: SystemCode;
  /** What is wrong and where, as one sentence. */
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
}

/** Makes a problem of this code. Default of `hint`: the contract's hint for the code. */
export function problem(code: SystemCode, message: string, hint: string = HINT[code]): Problem {
  return { code, message, hint };
}

/**
 * The error of `start()`: all problems that keep the app from starting.
 *
 * Shape:  `problems` has at least one; `code` is that of a single problem, or `start_failed` for several.
 */
export class StartError extends TwinloopError {
  declare readonly problems: readonly Problem[];

  constructor(given: readonly Problem[], cause?: unknown) {
    const problems = given.map((problem) => ({ ...problem, message: redacted(problem.message) }));
    const code = problems.length === 1 ? problems[0]!.code : SystemCode.StartFailed;
    super(code, describeProblems(problems), cause === undefined ? {} : { cause });
    // Not enumerable: a terminal that prints the error shows the message, and need not show it all twice.
    Object.defineProperty(this, "problems", { value: problems });
  }
}

function describeProblems(problems: readonly Problem[]): string {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const lines = problems.map(({ code, message, hint }, index) => {
    return `  ${index + 1}. ${message} [${code}]\n     To fix it: ${hint}`;
  });
  return [`The app cannot start: ${count}.`, ...lines].join("\n");
}
