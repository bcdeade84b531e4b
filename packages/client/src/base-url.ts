import { refuse } from "./api-error.ts";

/** Reads the address of an app. Errors: `invalid_base_url`. */
export function baseOf(given: string | URL): string {
  const text = String(given);
  if (!/^(https?:\/)?\/[^?#]*$/.test(text)) refuse("invalid_base_url", `base URL ${text}`);
  return text.replace(/\/+$/, "");
}
