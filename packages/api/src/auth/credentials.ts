import type { RequestField } from "@twinloop/core-native/internal";

/** Credentials as a request carries them. */
export interface CarriedCredentials {
  readonly headers: readonly (readonly [string, string])[];
  readonly query: string;
}

/** Writes typed parameters as a request would carry them, so that Rust finds what it knows of them. */
export function credentialsOf(params: object, fields: readonly RequestField[]): CarriedCredentials {
  const headers: [string, string][] = [];
  const query: string[] = [];
  for (const { name, in: place, wire } of fields) {
    for (const text of textsOf((params as Readonly<Record<string, unknown>>)[name])) {
      if (place === "query") query.push(`${encodeURIComponent(wire)}=${encodeURIComponent(text)}`);
      else if (place === "cookie") headers.push(["cookie", `${wire}=${text}`]);
      else headers.push([wire, text]);
    }
  }
  return { headers, query: query.join("&") };
}

function textsOf(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  return [value instanceof Date ? value.toISOString() : String(value)];
}
