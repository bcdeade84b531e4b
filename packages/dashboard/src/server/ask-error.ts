import { redacted } from "@twinloop/core-native/internal";
import { z } from "zod";
import type { ErrorAnswer } from "../contract.ts";

/** Why a question has no answer, with the next step. */
export class AskError extends Error {
  /** One of the codes of `contract/errors.json`, such as `not_found`. */
  readonly code: string;
  /** The next step. */
  readonly hint: string;

  constructor(code: string, message: string, hint: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

/** What is told of any error: its code and its hint where it has them. A value of a secret in it is redacted. */
export function describeProblem(error: unknown): ErrorAnswer {
  if (error instanceof z.ZodError) return { code: "invalid_argument", message: describeInput(error) };
  const { code, message, hint } = (error ?? {}) as { code?: unknown; message?: unknown; hint?: unknown };
  return {
    code: typeof code === "string" ? code : "internal",
    message: redacted(typeof message === "string" ? message : String(error)),
    ...(typeof hint === "string" ? { hint: redacted(hint) } : {}),
  };
}

/** What is told of an error, as the admin server reads it. */
export function encodeProblem(error: unknown): string {
  return JSON.stringify(describeProblem(error));
}

function describeInput({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => `${["input", ...path].join(".")}: ${message}`).join("; ");
}
