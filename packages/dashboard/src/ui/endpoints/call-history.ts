import type { EndpointCall } from "./outgoing-call.ts";

/** A call that was made from this browser. */
export interface PastCall {
  readonly atMs: number;
  readonly endpoint: string;
  readonly call: EndpointCall;
  readonly status: number;
  readonly durationMs: number;
  readonly traceId: string;
}

/** The most calls that are kept, and the most characters of a kept body. */
const MOST = 50;
const MOST_BODY = 8192;

/** Headers whose values are not kept: they let their reader in. */
const SECRET = /^(authorization|cookie|proxy-authorization)$|token|secret|api-?key/i;

/** Adds a call in front of a history, without what lets its reader in. Limits: the newest 50, bodies of at most 8 KiB. */
export function addCall(history: readonly PastCall[], past: PastCall): readonly PastCall[] {
  const headers = Object.fromEntries(
    Object.entries(past.call.headers).filter(([name]) => !SECRET.test(name)),
  );
  const body = past.call.body === null || past.call.body.length > MOST_BODY ? null : past.call.body;
  return [{ ...past, call: { ...past.call, headers, body } }, ...history].slice(0, MOST);
}

/** Reads a history as it was kept; what is none, as of another version, is left out. */
export function readHistory(text: string | null): readonly PastCall[] {
  try {
    const kept: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(kept) ? kept.filter(isPastCall) : [];
  } catch {
    return [];
  }
}

function isPastCall(value: unknown): value is PastCall {
  const { atMs, endpoint, call, status, durationMs, traceId } = (value ?? {}) as Partial<PastCall>;
  return (
    [atMs, status, durationMs].every((number) => typeof number === "number") &&
    typeof endpoint === "string" &&
    typeof traceId === "string" &&
    typeof call?.method === "string" &&
    typeof call.path === "string" &&
    typeof call.headers === "object" &&
    call.headers !== null
  );
}
