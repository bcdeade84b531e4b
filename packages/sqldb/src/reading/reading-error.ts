import { TwinloopError } from "@twinloop/core-native";

/** The next steps for errors of the server that whoever asked can act on, by SQLSTATE. */
const HINTS: Readonly<Record<string, string>> = {
  "25006": "Only statements that read are run here: changes belong into a migration or an endpoint.",
  "42P01": "The list of tables has the names.",
  "42703": "The list of tables has the names of the columns.",
  "57014": "The statement took too long: narrow it, or look at its plan.",
};

/**
 * A statement that is not run, or that the server refused.
 *
 * Shape:  `code` is `invalid_argument` or `not_found` for what was asked, else the SQLSTATE of the server's error; `hint` is the
 *         next step.
 */
export class ReadingError extends TwinloopError {
  /** The next step. */
  readonly hint: string;

  constructor(code: string, message: string, hint: string, cause?: unknown) {
    super(code, message, cause === undefined ? {} : { cause });
    this.hint = hint;
  }
}

/** The error to tell for one of the server: with its next step where there is one, else as it is. */
export function explained(error: unknown): unknown {
  const { message, code } = (error ?? {}) as { message?: unknown; code?: unknown };
  if (typeof message !== "string" || error instanceof ReadingError) return error;
  if (/multiple commands|several statements/.test(message)) {
    return new ReadingError(
      "invalid_argument",
      "The text has several statements.",
      "Send one at a time.",
      error,
    );
  }
  const hint = typeof code === "string" ? HINTS[code] : undefined;
  return hint === undefined ? error : new ReadingError(code as string, message, hint, error);
}
