import { refuse } from "./api-error.ts";

/** Writes the values of a field, which may be a list, as texts. Errors: `invalid_argument` with the place. */
export function textsOf(value: unknown, at: string): readonly string[] {
  return [value ?? []].flat().map((one) => {
    const text = jsonOf(one);
    return Object(text) === text ? refuse("invalid_argument", at) : String(text);
  });
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
  return value instanceof Uint8Array
    ? btoa(Array.from(value, (byte) => String.fromCharCode(byte)).join(""))
    : otherwise;
}
