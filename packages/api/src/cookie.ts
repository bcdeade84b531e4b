import type { CookieAttributes } from "./place.ts";

/** Characters a cookie value may have unquoted (RFC 6265, 4.1.1, cookie-octet). */
const PLAIN = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/;
const ATTRIBUTE_VALUE = /^[\x20-\x3a\x3c-\x7e]+$/;

/**
 * One Set-Cookie header value (RFC 6265, 4.1).
 *
 * Shape:  a cookie name and a scalar, or `{ value, ...attributes }` -> `name=value; Path=/; …`. Characters that a cookie
 *         cannot carry are percent-encoded.
 * Errors: TypeError for a domain or path that would break the header.
 */
export function encodeCookie(name: string, value: unknown): string {
  const cookie = (isAttributes(value) ? value : { value }) as CookieAttributes & { readonly value: unknown };
  const parts = [`${name}=${encodeValue(scalarText(cookie.value))}`];
  if (cookie.expires) parts.push(`Expires=${cookie.expires.toUTCString()}`);
  if (cookie.maxAge !== undefined) parts.push(`Max-Age=${Math.trunc(cookie.maxAge)}`);
  if (cookie.domain) parts.push(`Domain=${attribute("domain", cookie.domain)}`);
  if (cookie.path) parts.push(`Path=${attribute("path", cookie.path)}`);
  if (cookie.sameSite) parts.push(`SameSite=${attribute("sameSite", cookie.sameSite)}`);
  if (cookie.secure) parts.push("Secure");
  if (cookie.httpOnly) parts.push("HttpOnly");
  if (cookie.partitioned) parts.push("Partitioned");
  return parts.join("; ");
}

function isAttributes(value: unknown): boolean {
  return typeof value === "object" && value !== null && !(value instanceof Date);
}

function scalarText(value: unknown): string {
  return value instanceof Date ? value.toISOString() : String(value);
}

function encodeValue(text: string): string {
  return PLAIN.test(text) ? text : encodeURIComponent(text);
}

function attribute(name: string, text: string): string {
  if (ATTRIBUTE_VALUE.test(text)) return text;
  throw new TypeError(`cookie ${name} has characters that a header cannot carry: ${JSON.stringify(text)}`);
}
