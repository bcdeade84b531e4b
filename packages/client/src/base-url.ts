import { APIError } from "./api-error.ts";

/** Reads the address of an app. Errors: `invalid_base_url`. */
export function baseOf(given: string | URL): string {
  const text = String(given);
  if (/^(https?:\/)?\/[^?#]*$/.test(text)) return text.replace(/\/+$/, "");
  throw new APIError("invalid_base_url", `no base URL: ${text}`);
}
