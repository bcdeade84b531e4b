import { APIError, type SchemaIssue, type StandardSchema } from "@twinloop/core-native";
import type { Context } from "./context.ts";
import type { Handler } from "./registry.ts";

/**
 * Puts the part of a schema that Rust cannot check (refinements, transforms, defaults) before the handler. It runs after
 * Rust has passed the rest, and what it returns is what the handler gets.
 */
export function refine(schema: StandardSchema, handler: Handler): Handler {
  return async (request: unknown, context: Context) => {
    const result = await schema["~standard"].validate(request);
    if (result.issues) throw invalid(result.issues);
    return handler(result.value as never, context);
  };
}

function invalid(issues: readonly SchemaIssue[]): APIError {
  const entries = issues
    .slice(0, 16)
    .map(({ message, path }) => ({ at: place(path), expected: message, found: "" }));
  const summary = entries.map(({ at, expected }) => `${at}: ${expected}`).join("; ");
  return APIError.invalidArgument(summary).withDetails({ issues: entries });
}

function place(path: SchemaIssue["path"]): string {
  const keys = (path ?? []).map((part) => (typeof part === "object" ? part.key : part));
  return keys.reduce<string>(
    (at, key) => at + (typeof key === "number" ? `[${key}]` : `.${String(key)}`),
    "request",
  );
}
