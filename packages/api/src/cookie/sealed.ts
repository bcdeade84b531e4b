import {
  buildSerializer,
  ResponseMismatch,
  type Node,
  type ResponseField,
} from "@twinloop/core-native/internal";
import { cookieAttributes } from "../cookie.ts";
import type { CookieAttributes } from "../place.ts";

/** The header by which Rust is told to seal a cookie and set it; no header has such a name. */
export const SEALED = ":cookie";

/** Attributes that keep a cookie from scripts and from other sites. `Secure` would keep it from `http://localhost` in development. */
function safeAttributes(): CookieAttributes {
  return { httpOnly: true, sameSite: "Lax", path: "/", secure: process.env["NODE_ENV"] === "production" };
}

/**
 * Writes a sealed cookie as an instruction to Rust, which has the keys.
 *
 * Shape:  the response's field -> a writer: `{ value, …attributes }` gives one text of JSON, `{"kind","name","value","expires",
 *         "attributes"}`, and `null` gives none, so that no cookie is set. Attributes that are not given are `HttpOnly`,
 *         `SameSite=Lax`, `Path=/`, and in production `Secure`.
 * Errors: the writer throws `ResponseMismatch` for a value that does not fit its type, and a `TypeError` for an attribute that a
 *         header cannot carry.
 */
export function sealedTexts(
  types: readonly Node[],
  { name, wire, type, sealed }: Pick<ResponseField, "name" | "wire" | "type" | "sealed">,
): (value: unknown) => readonly string[] {
  const serialize = buildSerializer(types, type, `response.${name}.value`);
  const safe = safeAttributes();
  return (cookie) => {
    if (cookie === null) return [];
    if (typeof cookie !== "object" || !("value" in cookie)) {
      throw new ResponseMismatch(`response.${name}`, "{ value, …attributes } of a cookie", typeof cookie);
    }
    const { value, ...given } = cookie as CookieAttributes & { readonly value: unknown };
    const attributes = { ...safe, ...defined(given) };
    const instruction = {
      kind: sealed,
      name: wire,
      value: serialize(value),
      expires: expiryOf(attributes),
      attributes: cookieAttributes(wire, attributes),
    };
    return [JSON.stringify(instruction)];
  };
}

/** The attributes without those that are `undefined`, which would hide the safe ones. */
function defined(attributes: CookieAttributes): CookieAttributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}

/**
 * When the sealed value ends, in seconds since 1970; null for a cookie without a limit. The end is sealed with the value: a client
 * that keeps the cookie for longer gains nothing. `maxAge` comes before `expires` (RFC 6265, section 5.3, step 3). An end before
 * 1970-01-01T00:00:01Z becomes that second, since 0 stands for no limit.
 */
function expiryOf({ maxAge, expires }: CookieAttributes): number | null {
  if (maxAge !== undefined) return Math.max(1, Math.floor(Date.now() / 1000 + maxAge));
  return expires === undefined ? null : Math.max(1, Math.floor(expires.getTime() / 1000));
}
