import { ErrCode, httpStatus } from "./error-code.ts";
import { redacted } from "./redaction.ts";
import { MEND, SystemCode } from "./system-code.ts";

export { ErrCode, httpStatus, isErrCode, isRetryable } from "./error-code.ts";
export { SystemCode } from "./system-code.ts";

/** What an error may carry beside its code and message. */
export interface ErrorExtras {
  /** The error that led to this one; logged, never sent to a caller. */
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
 * Shape:  HTTP status from the code; body `{ code, message, details }`. The cause stays in the log.
 * Example: `throw APIError.notFound("no such link").withDetails({ id })`
 */
export class APIError extends TwinloopError {
  declare readonly code: ErrCode;

  constructor(code: ErrCode, message: string, cause?: unknown, details?: unknown) {
    super(code, message, cause === undefined ? { details } : { cause, details });
  }

  /** The HTTP status that answers this error. */
  get httpStatus(): number {
    return httpStatus(this.code);
  }

  /** The same error with `details` for the caller; the original stays as it was. */
  withDetails(details: unknown): APIError {
    const copy = new APIError(this.code, this.message, this.cause, details);
    // The place that threw is of interest, not the call to withDetails.
    if (this.stack !== undefined) copy.stack = this.stack;
    return copy;
  }

  static canceled(message: string, cause?: unknown): APIError {
    return new APIError(ErrCode.Canceled, message, cause);
  }
  static unknown(message: string, cause?: unknown): APIError {
    return new APIError(ErrCode.Unknown, message, cause);
  }
  static invalidArgument(message: string, cause?: unknown): APIError {
    return new APIError(ErrCode.InvalidArgument, message, cause);
  }
  static deadlineExceeded(message: string, cause?: unknown): APIError {
    return new APIError(ErrCode.DeadlineExceeded, message, cause);
  }
  static notFound(message: string, cause?: unknown): APIError {
    return new APIError(ErrCode.NotFound, message, cause);
  }
  static alreadyExists(message: string, cause?: unknown): APIError {
    return new APIError(ErrCode.AlreadyExists, message, cause);
  }
  static permissionDenied(message: string, cause?: unknown): APIError {
    return new APIError(ErrCode.PermissionDenied, message, cause);
  }
  static resourceExhausted(message: string, cause?: unknown): APIError {
    return new APIError(ErrCode.ResourceExhausted, message, cause);
  }
  static failedPrecondition(message: string, cause?: unknown): APIError {
    return new APIError(ErrCode.FailedPrecondition, message, cause);
  }
  static aborted(message: string, cause?: unknown): APIError {
    return new APIError(ErrCode.Aborted, message, cause);
  }
  static outOfRange(message: string, cause?: unknown): APIError {
    return new APIError(ErrCode.OutOfRange, message, cause);
  }
  static unimplemented(message: string, cause?: unknown): APIError {
    return new APIError(ErrCode.Unimplemented, message, cause);
  }
  static internal(message: string, cause?: unknown): APIError {
    return new APIError(ErrCode.Internal, message, cause);
  }
  static unavailable(message: string, cause?: unknown): APIError {
    return new APIError(ErrCode.Unavailable, message, cause);
  }
  static dataLoss(message: string, cause?: unknown): APIError {
    return new APIError(ErrCode.DataLoss, message, cause);
  }
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
  readonly mend: string;
}

/** A problem of this code; without `mend`, what the contract says for the code. */
export function problem(code: SystemCode, message: string, mend: string = MEND[code]): Problem {
  return { code, message, mend };
}

/**
 * Thrown by `start()`: everything that keeps the app from starting, in one error.
 *
 * Shape:  `problems`, at least one; `code` is that of a single problem, `start_failed` for several.
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
  const lines = problems.map(({ code, message, mend }, index) => {
    return `  ${index + 1}. ${message} [${code}]\n     To mend it: ${mend}`;
  });
  return [`The app cannot start: ${count}.`, ...lines].join("\n");
}
