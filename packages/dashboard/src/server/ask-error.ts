import { isErrCode, redacted } from "@twinloop/core-native/internal";
import { z } from "zod";
import type { AdminErrorAnswer } from "../contract.ts";

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

/**
 * What is told of any error: a code of `contract/errors.json`, and its hint where it has one. A value of a secret in it is redacted.
 *
 * Codes of other systems, such as an SQLSTATE, follow the message: their meaning is that of the nearest code.
 */
export function describeProblem(error: unknown): AdminErrorAnswer {
  if (error instanceof z.ZodError) return { code: "invalid_argument", message: describeInput(error) };
  const { code, message, hint } = (error ?? {}) as { code?: unknown; message?: unknown; hint?: unknown };
  const text = typeof message === "string" ? message : String(error);
  const foreign = typeof code === "string" && !isErrCode(code) ? code : undefined;
  return {
    code: foreign === undefined ? (typeof code === "string" ? code : "internal") : nearestCode(foreign),
    message: redacted(foreign === undefined ? text : `${text} [${foreign}]`),
    ...(typeof hint === "string" ? { hint: redacted(hint) } : {}),
  };
}

/** The codes nearest to those of databases: by the whole code, or by the class of an SQLSTATE. Source: PostgreSQL, "Error Codes". */
const NEAREST: Readonly<Record<string, string>> = {
  "42501": "permission_denied",
  "57014": "deadline_exceeded",
  query_timeout: "deadline_exceeded",
  connect_failed: "unavailable",
  connect_timeout: "unavailable",
  connection_lost: "unavailable",
  acquire_timeout: "unavailable",
  pool_closed: "unavailable",
  closed: "unavailable",
  invalid_parameter: "invalid_argument",
  config_invalid: "failed_precondition",
  start_failed: "failed_precondition",
  "08": "unavailable",
  "0A": "invalid_argument",
  "21": "invalid_argument",
  "22": "invalid_argument",
  "23": "failed_precondition",
  "25": "failed_precondition",
  "28": "permission_denied",
  "42": "invalid_argument",
  "53": "resource_exhausted",
  "57": "unavailable",
  "58": "unavailable",
};

function nearestCode(code: string): string {
  const byClass = /^[0-9A-Z]{5}$/.test(code) ? NEAREST[code.slice(0, 2)] : undefined;
  return NEAREST[code] ?? byClass ?? "unknown";
}

/** What is told of an error, as the admin server reads it. */
export function encodeProblem(error: unknown): string {
  return JSON.stringify(describeProblem(error));
}

function describeInput({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => `${["input", ...path].join(".")}: ${message}`).join("; ");
}
