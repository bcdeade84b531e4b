import { APIError } from "./api-error.ts";

/** Writes a value as the text of a path, query, header or cookie. Errors: `invalid_argument` with the place. */
export function textOf(value: unknown, at: string): string {
  if (value instanceof Date || value instanceof Uint8Array) return String(jsonOf(value));
  if (typeof value === "object" || typeof value === "function")
    throw new APIError(
      "invalid_argument",
      `${at}: a text is needed, not ${value === null ? value : typeof value}`,
    );
  return String(value);
}

/** Writes a value as a JSON body: bigints as digits, dates by RFC 3339, bytes in base64. */
export function writeJSON(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, name, given) {
    return jsonOf(this[name], given);
  });
}

function jsonOf(value: unknown, otherwise: unknown = value): unknown {
  if (typeof value === "bigint") return String(value);
  if (value instanceof Date) return value.toISOString();
  if (!(value instanceof Uint8Array)) return otherwise;
  return btoa(Array.from(value, (byte) => String.fromCharCode(byte)).join(""));
}
