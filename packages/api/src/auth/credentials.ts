import type { RequestField } from "@twinloop/core-native/internal";
import { encodeRequest } from "../call/encode-request.ts";

/** Credentials as a request carries them. */
export interface CarriedCredentials {
  readonly headers: readonly (readonly [string, string])[];
  readonly query: string;
}

/**
 * Writes typed parameters as a request would carry them, so that Rust finds what it knows of them.
 *
 * Errors: `invalid_argument` for a parameter that its header or cookie cannot carry.
 */
export function credentialsOf(params: object, fields: readonly RequestField[]): CarriedCredentials {
  const { headers, query } = encodeRequest({ fields: [...fields], body: null, bodyOptional: false }, params);
  return { headers, query: query ?? "" };
}
