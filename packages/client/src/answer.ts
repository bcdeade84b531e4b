import { APIError } from "./api-error.ts";
import { planIn, revive } from "./revive.ts";

/** The forms in which an answer can be asked for. */
export type AnswerForm = "json" | "text" | "blob" | "arrayBuffer" | "response";

/**
 * Reads what a call resolves with.
 *
 * Errors: the `APIError` that the app has answered; `unknown_endpoint`, `foreign_answer`, `type_changed`.
 */
export async function readAnswer(
  route: string,
  response: Response,
  as: AnswerForm = "json",
): Promise<unknown> {
  if (as === "response") return response;
  if (response.ok && as !== "json") return response[as]();
  const text = await response.text();
  const type = response.headers.get("content-type") ?? "";
  let json: unknown;
  try {
    if (/\bjson\b/i.test(type)) json = JSON.parse(text);
  } catch {
    // Told as what it is: no answer of the app.
  }
  if (response.ok && (!text || json !== undefined)) {
    const plan = planIn(type);
    return plan ? revive(plan, json) : json;
  }
  throw errorOf(route, response, json, text, type);
}

/** The members of both forms of errors, `{ code, message, details }` and problem details. */
interface ErrorMembers {
  readonly code?: string;
  readonly message?: string;
  readonly detail?: string;
  readonly details?: object;
  readonly issues?: unknown;
}

/** The error that an answer stands for. */
function errorOf(route: string, response: Response, json: unknown, text: string, type: string): APIError {
  const { status: httpStatus, headers } = response;
  const { code, message, detail: said = message, details, issues } = (json ?? {}) as ErrorMembers;
  const facts = {
    httpStatus,
    details: code ? (issues ? { issues, ...details } : details) : json,
    retryAfter: +headers.get("retry-after")! || undefined,
  };
  const at = `${route}: ${httpStatus} `;
  if (text && json === undefined)
    return new APIError(
      "foreign_answer",
      (at + type + text).replace(/(<[^>]*>|\s)+/g, " ").slice(0, 200),
      facts,
    );
  // The app says the same of a private endpoint as of none.
  return httpStatus === 405 || (httpStatus === 404 && /^no endpoint/.test(said!))
    ? new APIError("unknown_endpoint", `${at}the app is older or newer`, facts)
    : new APIError(code ?? "unknown", said ?? at, facts);
}
