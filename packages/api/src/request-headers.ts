/**
 * The headers of a request, read in either of two ways: `headers.get("accept")`, as the fetch standard has it, and
 * `headers["accept"]`, as Encore and Node have it.
 *
 * Shape:  names in lower case. As a property, a header that was sent several times is a list; by `get()` its values are
 *         joined by `", "`. Headers whose names are methods of `Headers`, such as `get`, are found by `get()` only.
 * Example: `const languages = ctx.headers.get("accept-language")?.split(",") ?? [];`
 */
export type RequestHeaders = Headers & Readonly<Record<string, string | string[] | undefined>>;

/** Makes the headers of a request from names and values in the order received. */
export function requestHeaders(pairs: readonly (readonly [string, string])[]): RequestHeaders {
  const headers = new Headers(pairs.map(([name, value]) => [name, value] as [string, string]));
  const byName = new Map<string, string | string[]>();
  for (const [name, value] of pairs) {
    const before = byName.get(name);
    byName.set(name, before === undefined ? value : [before, value].flat());
  }
  for (const [name, value] of byName) {
    if (name in headers) continue;
    Object.defineProperty(headers, name, { value, enumerable: true });
  }
  return headers as RequestHeaders;
}
