import { hasJSONForm } from "@twinloop/core-native/internal";
import type { CookieAttributes } from "./place.ts";

/** Characters that a cookie's value may have unquoted (RFC 6265, 4.1.1, cookie-octet), but for `%`, which begins an escape. */
const PLAIN = /^[\x21\x23\x24\x26-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/;
/** Characters an attribute's value may have: printable ASCII but for `;`, which ends it (RFC 6265, 4.1.1, av-octet). */
const ATTRIBUTE_VALUE = /^[\x20-\x3a\x3c-\x7e]+$/;

/**
 * Encodes one Set-Cookie header value (RFC 6265, 4.1).
 *
 * Shape:  a cookie name and a scalar, or `{ value, ...attributes }` -> `name=value; Path=/; …`. A value with `%`, or with
 *         characters that a cookie cannot carry, is percent-encoded.
 * Errors: TypeError for a value that is no scalar, and for an attribute that would break the header.
 */
export function encodeCookie(name: string, value: unknown): string {
  const cookie = (isAttributes(value) ? value : { value }) as CookieAttributes & { readonly value: unknown };
  return `${name}=${encodeCookieValue(scalarText(name, cookie.value))}${cookieAttributes(name, cookie)}`;
}

/**
 * Writes the attributes of a cookie, each with the semicolon before it; empty without any.
 *
 * Errors: TypeError for an attribute that would break the header.
 */
export function cookieAttributes(name: string, cookie: CookieAttributes): string {
  const parts = [""];
  if (cookie.expires) parts.push(`Expires=${dateText(name, cookie.expires)}`);
  if (cookie.maxAge !== undefined) parts.push(`Max-Age=${wholeText(name, cookie.maxAge)}`);
  if (cookie.domain) parts.push(`Domain=${attribute("domain", cookie.domain)}`);
  if (cookie.path) parts.push(`Path=${attribute("path", cookie.path)}`);
  if (cookie.sameSite) parts.push(`SameSite=${attribute("sameSite", cookie.sameSite)}`);
  if (cookie.secure) parts.push("Secure");
  if (cookie.httpOnly) parts.push("HttpOnly");
  if (cookie.partitioned) parts.push("Partitioned");
  return parts.join("; ");
}

/** Whether a value is `{ value, ...attributes }`: dates and objects with a `toJSON` are plain values of a cookie. */
function isAttributes(value: unknown): boolean {
  return typeof value === "object" && value !== null && !(value instanceof Date) && !hasJSONForm(value);
}

/** The types of values that one text can stand for. */
const SCALARS: ReadonlySet<string> = new Set(["string", "number", "boolean", "bigint"]);

/**
 * Writes a cookie's value as text, a date and other objects with `toJSON` by their JSON form. Errors: TypeError for anything
 * else.
 */
function scalarText(name: string, value: unknown): string {
  const isBig = typeof value === "bigint";
  const form: unknown = !isBig && hasJSONForm(value) ? value.toJSON("") : value;
  if (SCALARS.has(typeof form) && (typeof form !== "number" || Number.isFinite(form))) return String(form);
  throw new TypeError(`cookie ${name} needs a string, number, boolean, bigint or Date, found ${typeof form}`);
}

function dateText(name: string, date: Date): string {
  if (date instanceof Date && !Number.isNaN(date.getTime())) return date.toUTCString();
  throw new TypeError(`cookie ${name} needs a valid Date in expires`);
}

/** Writes the seconds of `Max-Age`, whose fraction is cut off: the grammar has digits alone. */
function wholeText(name: string, seconds: number): string {
  if (Number.isFinite(seconds)) return String(Math.trunc(seconds));
  throw new TypeError(`cookie ${name} needs a number of seconds in maxAge, found ${seconds}`);
}

/**
 * Percent-encodes a value as a whole where one of its characters needs it, as `encodeURIComponent` does, so that a `Cookie` field
 * of a request, which is decoded, has the same text. Errors: `URIError` for an unpaired surrogate.
 */
export function encodeCookieValue(text: string): string {
  return PLAIN.test(text) ? text : encodeURIComponent(text);
}

function attribute(name: string, text: string): string {
  if (ATTRIBUTE_VALUE.test(text)) return text;
  throw new TypeError(`cookie ${name} has characters that a header cannot carry: ${JSON.stringify(text)}`);
}
