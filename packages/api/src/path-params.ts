import type { EndpointMeta } from "./endpoint-meta.ts";

/** The parameters of a path by name: those of the checked input where there is one, else the texts of the path. */
export function pathParamsOf(
  { path: pattern, request }: EndpointMeta,
  input: unknown,
  path: string,
): Record<string, unknown> {
  const fields = request?.fields.filter((field) => field.in === "path") ?? [];
  if (fields.length === 0 || typeof input !== "object" || input === null) return textsIn(pattern, path);
  return Object.fromEntries(fields.map(({ name }) => [name, (input as Record<string, unknown>)[name]]));
}

/**
 * Reads `:name`, `*rest` and `!rest` of a pattern from a path; the last two take all further segments, and are left out
 * where there are none: Encore's apps write `pathParams.rest ?? "index"`.
 */
function textsIn(pattern: string, path: string): Record<string, string> {
  const segments = path.split("/");
  return Object.fromEntries(
    pattern.split("/").flatMap((part, index) => {
      const name = part.slice(1);
      if (part.startsWith(":")) return [[name, decoded(segments[index] ?? "")]];
      if (!part.startsWith("*") && !part.startsWith("!")) return [];
      const rest = segments.slice(index).map(decoded).join("/");
      return rest === "" ? [] : [[name, rest]];
    }),
  );
}

/** Decodes a segment; one with a broken escape stays as it was sent. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
