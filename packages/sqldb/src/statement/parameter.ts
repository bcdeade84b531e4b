import { SQLError } from "../error.ts";
import { Fragment } from "./sql.ts";
import { kindOf, unreadable } from "../argument/unreadable.ts";

/**
 * A parameter of a statement. The server reads each value by the parameter's type.
 *
 * An object is a JSON document; an array is an array or a JSON document, by the parameter's type. `undefined` is NULL.
 */
export type Parameter =
  string | number | bigint | boolean | null | undefined | Date | Uint8Array | readonly Parameter[] | object;

/** The largest number of parameters that the protocol can count. */
const MOST_PARAMETERS = 65_535;

/** Writes the parameters as the JSON text that is passed to Rust. */
export function encodeParameters(values: readonly unknown[]): string {
  requireArray(values);
  if (values.length === 0) return "[]";
  if (values.length > MOST_PARAMETERS) {
    const message = `a statement takes at most ${MOST_PARAMETERS} parameters, ${values.length} were given: pass an array as one`;
    throw new SQLError("invalid_parameter", message);
  }
  return stringify(values);
}

/** Does not use `reading`, which would allocate a closure for each statement. */
function requireArray(values: unknown): void {
  try {
    if (Array.isArray(values)) return;
  } catch (thrown) {
    throw unreadable("the parameters of a statement", thrown);
  }
  throw new SQLError(
    "invalid_parameter",
    `the parameters of a statement are an array, not ${kindOf(values)}`,
  );
}

/** Whether `JSON.stringify` writes the value without a conversion. */
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
  if (Array.isArray(value)) return Array.from(value, toJson);
  if (value instanceof Fragment) {
    throw new SQLError("invalid_parameter", "a piece of SQL cannot be a parameter: put it into a template");
  }
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

/**
 * The prefix of an encoded byte value, unambiguous because texts cannot contain NUL. `stringify` replaces it by
 * `\u005cx`, which `JSON.stringify` never writes for a text, so that Rust can tell bytes from text.
 */
const BYTES = "\u0000bytes:";

function hex(bytes: Uint8Array): string {
  return BYTES + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}

/**
 * Writes the JSON text; what a getter, a `toJSON`, a proxy or deep nesting throws is reported as the parameter's error.
 */
function stringify(values: readonly unknown[]): string {
  try {
    let plain = true;
    for (let index = 0; index < values.length; index++) plain &&= isPlain(values[index]);
    if (plain) return JSON.stringify(values);
    return JSON.stringify(Array.from(values, toJson)).replaceAll('"\\u0000bytes:', '"\\u005cx');
  } catch (error) {
    throw unreadable("a parameter", error);
  }
}
