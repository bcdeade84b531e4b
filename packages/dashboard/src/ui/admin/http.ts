import type { AppAnswer, AskTools } from "../../contract.ts";
import { asFailure, Failure, readFailure } from "./failure.ts";
import { bearer, keepToken, token, wantsToken } from "./token.ts";

/** The address of a path of the admin server's API, relative to the page. */
export function apiUrl(path: string): URL {
  return new URL(`api/${path}`, document.baseURI);
}

/**
 * Asks a path of the admin server.
 *
 * Shape:  a path behind `/api/` -> the answer, as `contract.ts` types it.
 * Errors: `Failure` with the server's code, `unavailable` where nobody answers, `unauthenticated` where a token is wanted.
 */
export async function get<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
  return request<Answer>(path, { headers: bearer(token.value), ...(signal ? { signal } : {}) });
}

/** Asks a question that JavaScript answers. Errors: as `get`. */
export async function ask<Tool extends keyof AskTools>(
  tool: Tool,
  input: AskTools[Tool]["input"],
  signal?: AbortSignal,
): Promise<AskTools[Tool]["value"]> {
  const answer = await request<{ value: AskTools[Tool]["value"] }>("ask", {
    method: "POST",
    headers: { ...bearer(token.value), "content-type": "application/json" },
    body: JSON.stringify({ tool, input }),
    ...(signal ? { signal } : {}),
  });
  return answer.value;
}

/** Keeps a token if the admin server accepts it. Returns whether it does. Errors: as `get`. */
export async function tryToken(value: string): Promise<boolean> {
  const response = await send("app", { headers: bearer(value) });
  if (response.status === 401) return false;
  await read<AppAnswer>(response);
  keepToken(value);
  return true;
}

async function request<Answer>(path: string, init: RequestInit): Promise<Answer> {
  const response = await send(path, init);
  if (response.status === 401) wantsToken.value = true;
  return read<Answer>(response);
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(apiUrl(path), init);
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw asFailure(error);
  }
}

async function read<Answer>(response: Response): Promise<Answer> {
  let body: unknown;
  try {
    body = await response.json();
  } catch {
    body = undefined;
  }
  if (!response.ok) throw readFailure(response.status, body);
  if (body === undefined) throw new Failure("unknown", "The admin server's answer is no JSON.");
  return body as Answer;
}
