import { APIError } from "./api-error.ts";
import { planIn, revive, type Revival } from "./revive.ts";
import { retryAfter } from "./send.ts";

/** The forms in which an answer can be asked for. */
export type AnswerForm = "json" | "text" | "bytes" | "blob" | "response";

/**
 * Reads what a call resolves with.
 *
 * Errors: the `APIError` that the app has answered; `unknown_endpoint`, `foreign_answer`, `type_changed`.
 */
export async function readAnswer(
  route: string,
  response: Response,
  as: AnswerForm = "json",
  plan?: readonly Revival[],
): Promise<unknown> {
  if (as === "response") return response;
  if (!response.ok || as === "json") {
    const text = await response.text();
    const type = response.headers.get("content-type") ?? "";
    const json = text && /^application\/([\w.-]+\+)?json\b/i.test(type) ? parsed(text) : undefined;
    if (!response.ok) throw errorOf(route, response, json, text);
    if (!text) return undefined;
    if (json === undefined) throw foreign(route, response, text);
    return revive(plan ?? planIn(type), json);
  }
  return as === "bytes" ? new Uint8Array(await response.arrayBuffer()) : response[as]();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
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
export function errorOf(route: string, response: Response, json: unknown, text: string): APIError {
  const { status: httpStatus } = response;
  if (json === undefined && text) return foreign(route, response, text);
  const { code, message, detail, details, issues } = (json ?? {}) as ErrorMembers;
  const said = message ?? detail;
  // The app says the same of a private endpoint as of none.
  if (httpStatus === 405 || (httpStatus === 404 && said === "no endpoint has this path"))
    return new APIError(
      "unknown_endpoint",
      `${route}: the app has no such endpoint; it is older or newer than its caller`,
      {
        httpStatus,
      },
    );
  return new APIError(code ?? "unknown", said ?? `${route}: the answer is ${httpStatus}`, {
    httpStatus,
    details: code ? (issues ? { issues, ...details } : details) : json,
    retryAfter: retryAfter(response),
  });
}

function foreign(route: string, response: Response, text: string): APIError {
  const { status: httpStatus, headers } = response;
  const words = text
    .replace(/<(script|style)[^]*?<\/\1>|<[^>]*>|\s+/gi, " ")
    .replace(/ +/g, " ")
    .trim()
    .slice(0, 80);
  const found = `${httpStatus}, ${headers.get("content-type") ?? "no content type"}: "${words}"`;
  return new APIError("foreign_answer", `${route}: something else than the app answered (${found})`, {
    httpStatus,
    retryAfter: retryAfter(response),
  });
}
