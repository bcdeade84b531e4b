import type { AdminErrorAnswer } from "../../contract.ts";

/** Why the admin server gave no answer: its own error, or `unavailable` where nobody answered. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly code: string;
  readonly hint: string | null;

  constructor(code: string, message: string, hint: string | null = null) {
    super(message);
    this.code = code;
    this.hint = hint;
  }

  /** Whether the app does not use the part that was asked about, or this process cannot tell of it. */
  get isAbsence(): boolean {
    return this.code === "failed_precondition" || this.code === "unimplemented";
  }

  /** Whether nobody answered, as while the app restarts; an answer with the code `unavailable` is one. */
  get isDisconnected(): boolean {
    return false;
  }
}

/** Nobody answered: the app restarts, has ended, or is out of reach. */
export class Disconnected extends Failure {
  constructor() {
    super(
      "unavailable",
      "The app does not answer at the moment.",
      "The page goes on by itself once the app is back.",
    );
  }

  override get isDisconnected(): boolean {
    return true;
  }
}

/** Reads an error's body; what is no error of ours is told by its status. */
export function readFailure(status: number, body: unknown): Failure {
  const { code, message, hint } = (body ?? {}) as Partial<AdminErrorAnswer>;
  if (typeof code === "string" && typeof message === "string") {
    return new Failure(code, message, typeof hint === "string" ? hint : null);
  }
  return new Failure("unknown", `The admin server answered ${status} without saying why.`);
}

/** Any thrown value as a failure: a broken connection is `unavailable`. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof TypeError) return new Disconnected();
  return new Failure("unknown", error instanceof Error ? error.message : String(error));
}
