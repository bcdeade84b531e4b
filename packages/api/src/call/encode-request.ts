import { APIError } from "@twinloop/core-native";
import {
  isHeaderValue,
  type EncodedRequest,
  type RequestField,
  type RequestPlace,
} from "@twinloop/core-native/internal";
import { encodeCookieValue } from "../cookie.ts";

/**
 * Writes the request of a call as a client would send it, so that it is checked as one that came over HTTP.
 *
 * Shape:  the value that the caller gives -> path, query, headers and body. A field that is `null` or `undefined` is not
 *         sent; a list is sent as one text for each entry, a `Date` as ISO 8601, bytes as base64. What is no field is the body.
 * Errors: `invalid_argument` for a parameter that no text, header or cookie can carry, and a body that JSON cannot carry.
 */
export function encodeRequest(place: RequestPlace, request: unknown): EncodedRequest {
  const given = isObject(request) ? request : {};
  const path: [string, string][] = [];
  const query: string[] = [];
  const headers: [string, string][] = [];
  const cookies: string[] = [];
  for (const field of place.fields) {
    for (const text of textsOf(field, given[field.name])) {
      if (field.in === "path") path.push([field.wire, segmentsOf(text)]);
      else if (field.in === "query") query.push(`${encode(field.wire)}=${encode(text)}`);
      else if (field.in === "header") headers.push([field.wire.toLowerCase(), text]);
      else cookies.push(`${field.wire}=${wellFormed(text, encodeCookieValue)}`);
    }
  }
  if (cookies.length > 0) headers.push(["cookie", cookies.join("; ")]);
  const body = place.body === null ? "" : bodyOf(place, request);
  return { path, query: query.length === 0 ? null : query.join("&"), headers, body };
}

/** The path of a route with its parameters filled in; a slash within a segment is data, and is written as `%2F`. */
export function pathOf(pattern: string, { path }: EncodedRequest): string {
  const values = new Map(path);
  return pattern.replaceAll(/(?<=\/)([:*!])(\w+)/g, (_, kind: string, name: string) => {
    const value = values.get(name) ?? "";
    return kind === ":" ? value.replaceAll("/", "%2F") : value;
  });
}

/** The texts of a field; of a cookie that is given as `{ value }`, as sealed ones are, the value's. Errors: as `encodeRequest`. */
function textsOf(field: RequestField, value: unknown): string[] {
  const values = Array.isArray(value) ? (value as unknown[]) : [value];
  return values.flatMap((one) => {
    const plain = field.in === "cookie" && isObject(one) && "value" in one ? one["value"] : one;
    if (plain === undefined || plain === null) return [];
    const text = textOf(plain);
    if (text === undefined) throw uncarried(field, "a value that a text can carry", typeof plain);
    if (!fitsPlace(field, text)) throw uncarried(field, `a value that a ${field.in} can carry`, "another");
    return [text];
  });
}

/**
 * The error of a value that the place of its field cannot carry, with the issue that a client would be told of.
 *
 * Example: `header.x-note: expected a value that a header can carry, found another`
 */
export function uncarried(
  { in: place, wire }: Pick<RequestField, "in" | "wire">,
  expected: string,
  found: string,
): APIError {
  const at = `${place}.${wire}`;
  const message = `${at}: expected ${expected}, found ${found}`;
  return APIError.invalidArgument(message).withDetails({ issues: [{ at, expected, found }] });
}

/** Tells whether a header with this text is read as the same text (RFC 9110, 5.5); the other places escape what they cannot carry. */
function fitsPlace({ in: place }: RequestField, text: string): boolean {
  return place !== "header" || (isHeaderValue(text) && text.trim() === text);
}

/**
 * The text of a scalar; empty for an invalid date, which the check refuses as a date; `undefined` for what no text can carry,
 * such as an object.
 */
function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (["number", "bigint", "boolean"].includes(typeof value)) return String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "" : value.toISOString();
  return value instanceof Uint8Array ? base64(value) : undefined;
}

/** The JSON of the body: the request without the fields that travel elsewhere, or the whole of a request that has none of them. */
function bodyOf({ fields, bodyOptional }: RequestPlace, request: unknown): string {
  if (request === undefined) return bodyOptional ? "" : "null";
  const names = new Set(fields.map(({ name }) => name));
  const isSplit = names.size > 0 && isObject(request);
  const body = isSplit
    ? Object.fromEntries(Object.entries(request).filter(([name]) => !names.has(name)))
    : request;
  try {
    return JSON.stringify(body, writable) ?? "null";
  } catch (error) {
    throw APIError.invalidArgument("the request cannot be written as JSON", error);
  }
}

/** Writes bigints as digits and bytes as base64, as the validator reads them. A Buffer has a JSON form of its own. */
function writable(this: Readonly<Record<string, unknown>>, name: string, value: unknown): unknown {
  const own = this[name];
  if (typeof own === "bigint") return String(own);
  return own instanceof Uint8Array ? base64(own) : value;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/** Encodes a path parameter; the slashes of a rest of a path stay. */
function segmentsOf(text: string): string {
  return text.split("/").map(encode).join("/");
}

function encode(text: string): string {
  return wellFormed(text, encodeURIComponent);
}

/** Percent-encodes a text. Errors: `invalid_argument` for an unpaired surrogate, which UTF-8 cannot express. */
function wellFormed(text: string, escape: (text: string) => string): string {
  try {
    return escape(text);
  } catch (error) {
    throw APIError.invalidArgument("a parameter has a surrogate without its pair", error);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
