import type { RequestField } from "@twinloop/core-native/internal";
import { encodeRequest } from "../call/encode-request.ts";

/** Credentials as a request carries them. */
export interface CarriedCredentials {
  /** Names in lower case, and values; all cookies are in one `cookie`. */
  readonly headers: readonly (readonly [string, string])[];
  /** The query without its `?`; empty without any. */
  readonly query: string;
}

/**
 * Writes typed parameters as a request would carry them, so that Rust finds what it knows of them: the cache of an auth handler
 * finds callers by a hash of the parameters as they were read from a request.
 *
 * Shape:  `{ sid: "42" }` with a field from the cookie `sid` -> `{ headers: [["cookie", "sid=42"]], query: "" }`.
 * Errors: `invalid_argument` for a parameter that its header or cookie cannot carry.
 */
export function credentialsOf(params: object, fields: readonly RequestField[]): CarriedCredentials {
  const { headers, query } = encodeRequest({ fields: [...fields], body: null, bodyOptional: false }, params);
  return { headers, query: query ?? "" };
}
