import { APIError, ErrCode, type SchemaIssue, type StandardSchema } from "@twinloop/core-native";
import { Work, type RequestPlace } from "@twinloop/core-native/internal";
import type { Context } from "./context.ts";
import type { Handler } from "./registry.ts";

/** The most issues in one answer, further ones are left out; the limit in Rust is the same. */
const MAX_ISSUES = 16;

/** One entry of `details.issues`, in the form that Rust writes. */
interface Issue {
  readonly at: string;
  readonly expected: string;
  readonly found: string;
}

/** The error for an input that the schema's own checks refuse; its status is that of the endpoint's option `invalidInput`. */
export class InvalidInput extends APIError {}

/**
 * Puts the part of a schema that Rust cannot check (refinements, transforms, defaults) before the handler. The schema
 * runs after Rust has accepted the rest, and the handler gets its output.
 *
 * Errors: `invalid_argument` with the same entries as Rust's: places by where a field travels, found by its type and never
 *         by its value. What the schema itself throws is the handler's failure.
 */
export function refine(schema: StandardSchema, place: RequestPlace | null, handler: Handler): Handler {
  return async (request: unknown, context: Context) => {
    const result = await schema["~standard"].validate(request);
    if (result.issues) throw invalid(result.issues, place, request);
    Work.take(context, result.value);
    return handler(result.value as never, context);
  };
}

/** Makes the error of a schema's issues. One place may break several rules; equal entries, as unions give them, are told once. */
function invalid(issues: readonly SchemaIssue[], place: RequestPlace | null, request: unknown): APIError {
  const all = issues.map(({ message, path }): Issue => {
    const keys = (path ?? []).map((part) => (typeof part === "object" ? part.key : part));
    return { at: placeOf(keys, place), expected: message, found: foundAt(keys, request) };
  });
  const entries = [...new Map(all.map((issue) => [`${issue.at}\n${issue.expected}`, issue])).values()];
  const kept = entries.slice(0, MAX_ISSUES);
  const summary = kept.map(({ at, expected }) => `${at}: ${expected}`).join("; ");
  return new InvalidInput(ErrCode.InvalidArgument, summary, undefined, { issues: kept });
}

/** Writes the place of an issue as Rust does: `query.page`, `header.x-name`, `body.items[3].price`. */
function placeOf(keys: readonly PropertyKey[], place: RequestPlace | null): string {
  const [first, ...others] = keys;
  const field = place?.fields.find(({ name }) => name === first);
  const start = field
    ? `${field.in}${step(field.wire, true)}`
    : `body${first === undefined ? "" : step(first)}`;
  return others.reduce<string>((at, key) => at + step(key), start);
}

/**
 * Writes one step of a place: `.name`, `[3]`, or `["a name"]` where a name is no identifier. Names on the wire may have
 * dashes.
 */
function step(key: PropertyKey, dashes = false): string {
  if (typeof key === "number") return `[${key}]`;
  const name = String(key);
  const isPlain = dashes ? /^[\w$-]+$/.test(name) : /^[A-Za-z_$][\w$]*$/.test(name);
  return isPlain ? `.${name}` : `[${JSON.stringify(name)}]`;
}

/** Tells what was found at a place by its type, never by its value, which may be a secret. */
function foundAt(keys: readonly PropertyKey[], request: unknown): string {
  let value = request;
  for (const key of keys) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return "nothing";
    value = (value as Readonly<Record<PropertyKey, unknown>>)[key];
  }
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (value instanceof Date) return "date";
  return value instanceof Uint8Array ? "bytes" : typeof value;
}
