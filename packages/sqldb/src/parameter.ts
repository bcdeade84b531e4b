import { SQLError } from "./error.ts";

/**
 * What a statement may be given. The server reads each by the type of its place.
 *
 * An object is a JSON document; an array is an array or a JSON document, as the place wants it. `undefined` is NULL.
 */
export type Parameter =
  string | number | bigint | boolean | null | undefined | Date | Uint8Array | readonly Parameter[] | object;

/** The parameters as the JSON text that crosses. */
export function encodeParameters(values: readonly unknown[]): string {
  if (values.length === 0) return "[]";
  let plain = true;
  for (let index = 0; index < values.length; index++) plain &&= isPlain(values[index]);
  return stringify(plain ? values : values.map(toJson));
}

/** What `JSON.stringify` writes as it should be. */
function isPlain(value: unknown): boolean {
  const type = typeof value;
  return (
    type === "string" || type === "boolean" || (type === "number" && Number.isFinite(value)) || value === null
  );
}

function toJson(value: unknown): unknown {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "bigint":
      return String(value);
    case "undefined":
      return null;
    case "function":
    case "symbol":
      throw new SQLError("invalid_parameter", `a ${typeof value} cannot be a parameter`);
    case "object":
      return value === null ? null : objectToJson(value);
    default:
      return value;
  }
}

function objectToJson(value: object): unknown {
  if (Array.isArray(value)) return value.map(toJson);
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime()))
      throw new SQLError("invalid_parameter", "an invalid Date cannot be a parameter");
    return value.toISOString();
  }
  if (value instanceof Uint8Array) return hex(value);
  if (value instanceof ArrayBuffer) return hex(new Uint8Array(value));
  if (ArrayBuffer.isView(value)) return hex(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  return value;
}

function hex(bytes: Uint8Array): string {
  return "\\x" + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}

function stringify(values: readonly unknown[]): string {
  try {
    return JSON.stringify(values);
  } catch (error) {
    throw new SQLError(
      "invalid_parameter",
      `a parameter cannot be written as JSON: ${String(error)}`,
      {},
      error,
    );
  }
}
