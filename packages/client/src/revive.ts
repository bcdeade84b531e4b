import { APIError } from "./api-error.ts";

/** Where a document has dates (`d`), bigints (`n`) and bytes (`b`), as the app tells it. */
export type Revival = string | number | { readonly [name: string]: Revival };

/** The plan that an answer's content type carries; nothing where it has none. */
export function planIn(contentType: string): readonly Revival[] {
  const text = /revive="([^"]*)"/.exec(contentType)?.[1];
  return text ? (JSON.parse(decodeURIComponent(text.replaceAll("'", '"'))) as readonly Revival[]) : [];
}

/**
 * Puts dates, bigints and bytes in the places of their texts.
 *
 * Shape:  the plan and a parsed document, which is changed in place -> the document.
 * Errors: `type_changed` for a text, or another value, that is none of these.
 */
export function revive(
  plan: readonly Revival[],
  value: unknown,
  revival: Revival | undefined = plan[0],
  at = "response",
): unknown {
  const here = (typeof revival === "number" ? plan[revival] : revival) as
    Exclude<Revival, number> | undefined;
  if (here === undefined || value === null || value === undefined) return value;
  const code = typeof here === "string" ? here : (here as { ""?: string })[""];
  if (typeof value === "string") return code ? read(code, value, at) : value;
  if (typeof here === "string") {
    if (here < "a") return value;
    throw changed(at, here, typeof value);
  }
  if (typeof value === "object") {
    const parts = value as Record<string, unknown>;
    for (const name of Object.keys(parts)) {
      const part = Object.hasOwn(here, name) ? name : Array.isArray(value) ? "[]" : "*";
      parts[name] = revive(plan, parts[name], (here as Record<string, Revival>)[part], `${at}.${name}`);
    }
  }
  return value;
}

function read(code: string, text: string, at: string): unknown {
  const kind = code.toLowerCase();
  try {
    if (kind === "n") return BigInt(text);
    if (kind === "b") return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const date = new Date(text);
    if (!Number.isNaN(+date)) return date;
  } catch {
    // Told below.
  }
  throw changed(at, kind, "another text");
}

function changed(at: string, code: string, found: string): APIError {
  const expected = { d: "a date", n: "a bigint", b: "bytes" }[code];
  return new APIError("type_changed", `${at}: expected ${expected}, found ${found}`);
}
