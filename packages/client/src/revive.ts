import { refuse } from "./api-error.ts";

/** Where a document has dates (`d`), bigints (`n`) and bytes (`b`), as the app tells it. */
export type Revival = string | number | { readonly [name: string]: Revival };

/**
 * Puts dates, bigints and bytes in the places of their texts.
 *
 * Shape:  the plan and a parsed document, which is changed in place -> the document.
 * Errors: `type_changed` for a text, or another value, that is none of these.
 */
export function revive<T>(
  plan: readonly Revival[],
  value: T,
  revival: Revival | undefined = plan[0],
  at = "response",
): T {
  const here = plan[revival as number] ?? revival;
  const isCode = typeof here === "string";
  const code = isCode ? here : ((here as Plan)[""] as string | undefined);
  if (code && typeof value === "string") return read(code, value, at) as T;
  // Capitals stand where other values than texts may be, too.
  if (isCode && here > "a" && value !== null && value !== undefined) refuse("type_changed", at);
  if (!isCode && Object(value) === value) {
    const parts = value as Record<string, unknown>;
    for (const name of Object.keys(parts)) {
      const next = (here as Plan)[
        Object.hasOwn(here as Plan, name) ? name : Array.isArray(value) ? "[]" : "*"
      ];
      if (next !== undefined) parts[name] = revive(plan, parts[name], next, `${at}.${name}`);
    }
  }
  return value;
}

interface Plan {
  readonly [name: string]: Revival;
}

function read(code: string, text: string, at: string): unknown {
  try {
    if (/n/i.test(code)) return BigInt(text);
    if (/b/i.test(code)) return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const date = new Date(text);
    date.toISOString();
    return date;
  } catch {
    refuse("type_changed", at);
  }
}
