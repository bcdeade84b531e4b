import { APIError } from "./api-error.ts";

/** The forms in which an answer can be asked for. */
export type AnswerForm = "json" | "text" | "blob" | "arrayBuffer" | "response";

/** Puts dates, bigints and bytes in their places in the JSON of an answer; its content type may say where these are. */
export type Revived = (json: unknown, contentType: string) => unknown;

/**
 * Reads what a call resolves with.
 *
 * Errors: the `APIError` that the app has answered; `unknown_endpoint`, `foreign_answer`.
 */
export async function readAnswer(
  route: string,
  response: Response,
  as: AnswerForm = "json",
  revived: Revived = (json) => json,
): Promise<unknown> {
  const { ok, status: httpStatus, headers } = response;
  if (as === "response") return response;
  if (ok && as !== "json") return response[as]();
  const text = await response.text();
  const type = headers.get("content-type") ?? "";
  let json: unknown;
  try {
    if (/json/i.test(type)) json = JSON.parse(text);
  } catch {
    // Told as what it is: no answer of the app.
  }
  const isForeign = text && json === undefined;
  if (ok && !isForeign) return revived(json, type);
  const { code, message, detail: said = message, details, issues } = (json ?? {}) as ErrorMembers;
  const facts = {
    httpStatus,
    details: code ? (issues ? { issues, ...details } : details) : json,
    retryAfter: +headers.get("retry-after")! || undefined,
  };
  const at = `${route}: ${httpStatus} `;
  if (isForeign)
    throw new APIError(
      "foreign_answer",
      (at + type + text).replace(/(<[^>]*>|\s)+/g, " ").slice(0, 200),
      facts,
    );
  // The app says the same of a private endpoint as of none.
  if (/: 40(5|4 no endpoint)/.test(at + said))
    throw new APIError("unknown_endpoint", `${at}the app is older or newer`, facts);
  throw new APIError(code ?? "unknown", said ?? at, facts);
}

/** The members of both forms of errors, `{ code, message, details }` and problem details. */
interface ErrorMembers {
  readonly code?: string;
  readonly message?: string;
  readonly detail?: string;
  readonly details?: object;
  readonly issues?: unknown;
}
