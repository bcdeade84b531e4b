import { SQLError } from "../error.ts";
import { unreadable } from "../argument/unreadable.ts";

/** An object that converts itself to a parameter. */
interface ToPostgres {
  toPostgres(prepareValue: (value: unknown) => unknown): unknown;
}

/**
 * Converts a parameter as node-postgres would.
 *
 * Shape:  an object with `toPostgres` -> what that returns; any other object -> its JSON; a `Date` -> its local time
 * with the zone's offset, which `timestamp` stores as local time and `timestamptz` converts. Arrays stay arrays, read
 * by the parameter's type.
 * Errors: `invalid_parameter` for a value that contains itself.
 */
export function prepareValue(value: unknown, seen: readonly unknown[] = []): unknown {
  if (value === null || value === undefined) return null;
  if (typeof value === "function" || typeof value === "symbol") return String(value);
  if (typeof value !== "object") return value;
  if (value instanceof Uint8Array || value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return value;
  if (value instanceof Date) return localTime(value);
  if (seen.includes(value)) {
    throw new SQLError(
      "invalid_parameter",
      `circular reference detected while preparing "${String(value)}" for query`,
    );
  }
  const within = [...seen, value];
  if (Array.isArray(value)) return value.map((element) => prepareElement(element, within));
  if (isToPostgres(value)) {
    return prepareValue(
      value.toPostgres((inner) => (Array.isArray(inner) ? arrayLiteral(inner) : prepareValue(inner, within))),
      within,
    );
  }
  return toJson(value);
}

/** Converts the parameters of a statement as node-postgres would. */
export function prepareValues(values: readonly unknown[]): unknown[] {
  try {
    // A new array: the given one may have holes, or a `map` or `toJSON` of its own.
    return Array.from(values, (value) => prepareValue(value));
  } catch (error) {
    throw unreadable("a parameter", error);
  }
}

/** Writes an array as the server's array literal, for `toPostgres`, which builds texts from it. */
function arrayLiteral(values: readonly unknown[]): string {
  const elements = values.map((value) => {
    if (value === null || value === undefined) return "NULL";
    if (Array.isArray(value)) return arrayLiteral(value);
    if (value instanceof Uint8Array) return `\\\\x${Buffer.from(value).toString("hex")}`;
    const text = String(prepareValue(value));
    return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
  });
  return `{${elements.join(",")}}`;
}

/** Converts an element of an array. Objects stay objects, because the array may be a JSON document as a whole. */
function prepareElement(value: unknown, seen: readonly unknown[]): unknown {
  const isDocument =
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !ArrayBuffer.isView(value) &&
    !(value instanceof ArrayBuffer) &&
    !isToPostgres(value);
  return isDocument ? value : prepareValue(value, seen);
}

function isToPostgres(value: object): value is ToPostgres {
  return typeof (value as Partial<ToPostgres>).toPostgres === "function";
}

function toJson(value: object): string | null {
  try {
    return JSON.stringify(value) ?? null;
  } catch (error) {
    throw unreadable("a parameter", error);
  }
}

/**
 * Writes a local time: `2026-03-01T13:05:09.123+01:00`, with ` BC` for years before 1. Source: node-postgres,
 * lib/utils.js.
 */
function localTime(date: Date): string {
  if (Number.isNaN(date.getTime())) {
    throw new SQLError("invalid_parameter", "an invalid Date cannot be a parameter");
  }
  const pad = (number: number, width: number): string => String(number).padStart(width, "0");
  const year = date.getFullYear();
  const offset = -date.getTimezoneOffset();
  const days = `${pad(year < 1 ? 1 - year : year, 4)}-${pad(date.getMonth() + 1, 2)}-${pad(date.getDate(), 2)}`;
  const time = `${pad(date.getHours(), 2)}:${pad(date.getMinutes(), 2)}:${pad(date.getSeconds(), 2)}.${pad(date.getMilliseconds(), 3)}`;
  const away = Math.abs(offset);
  const zone = `${offset < 0 ? "-" : "+"}${pad(Math.floor(away / 60), 2)}:${pad(away % 60, 2)}`;
  return `${days}T${time}${zone}${year < 1 ? " BC" : ""}`;
}
