/**
 * An error that an agent is told: what is wrong, by a code, and what to do next. A tool throws it; `callTool` turns
 * it into a result with `isError`, because a protocol error would not reach the agent's context.
 */
export class ToolProblem extends Error {
  /** `invalid_argument`, `not_found`, `failed_precondition`, `permission_denied`, `unavailable` or that of the failed part. */
  readonly code: string;
  /** The next step. */
  readonly next: string;

  constructor(code: string, message: string, next: string) {
    super(message);
    this.code = code;
    this.next = next;
  }
}

/** What is told of any error: its code and next step, where it has them. */
export function describeProblem(error: unknown): { code: string; message: string; next?: string } {
  if (error instanceof ToolProblem) return { code: error.code, message: error.message, next: error.next };
  if (!(error instanceof Error)) return { code: "internal", message: String(error) };
  const { code, hint } = error as { code?: unknown; hint?: unknown };
  return {
    code: typeof code === "string" ? code : codeOf(error),
    message: error.message,
    ...(typeof hint === "string" ? { next: hint } : {}),
  };
}

/** The code of an error of a command, by the name of its class: the app's packages may have a copy of their own. */
function codeOf({ constructor: { name } }: Error): string {
  if (name === "Unclear") return "invalid_argument";
  return name === "AppProblem" ? "failed_precondition" : "internal";
}
