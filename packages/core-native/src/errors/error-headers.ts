import { isHeaderName, isHeaderValue } from "./header-text.ts";

/** Headers of an error by name; a list sends the header once for each value, as `set-cookie` needs it; `undefined` none. */
export type ErrorHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Headers that the server computes, or that belong to the connection. */
const COMPUTED: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "content-type",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Checks headers that are to be sent with an error.
 *
 * Shape:  names in any case, each with a text or a list of texts -> the same with names in lower case.
 * Errors: a `TypeError` for what is no header name (RFC 9110, 5.1), for a value with a line break or another control
 *         character, and for a header that the server computes. The message never shows the value.
 */
export function checkedHeaders(given: ErrorHeaders): Record<string, string | readonly string[]> {
  const checked: Record<string, string | readonly string[]> = Object.create(null);
  for (const [written, value] of Object.entries(given)) {
    const name = written.toLowerCase();
    if (!isHeaderName(name)) throw new TypeError(`${JSON.stringify(written)} is no name of a header`);
    if (COMPUTED.has(name)) throw new TypeError(`the header ${name} of an error is set by the server`);
    if (value === undefined) continue;
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    for (const one of values) {
      if (typeof one !== "string")
        throw new TypeError(`the header ${name} of an error is no text or list of texts`);
      if (!isHeaderValue(one))
        throw new TypeError(`the header ${name} of an error has a line break or a control character`);
    }
    checked[name] = typeof value === "string" ? value : [...value];
  }
  return checked;
}

/** Writes headers as JSON, `[["name","value"],…]`; empty without any. */
export function encodeHeaders(headers: ErrorHeaders | undefined): string {
  if (headers === undefined) return "";
  const pairs = Object.entries(headers).flatMap(([name, value]) =>
    (typeof value === "string" ? [value] : (value ?? [])).map((one) => [name, one]),
  );
  return pairs.length === 0 ? "" : JSON.stringify(pairs);
}

/** The name of the cookie that a `set-cookie` header sets. */
export function cookieName(value: string): string {
  return value.split("=", 1)[0]!.trim();
}

/** Puts checked headers beside earlier ones, which they replace by name; of cookies by the cookie's name. */
export function mergedHeaders(
  earlier: ErrorHeaders | undefined,
  later: Readonly<Record<string, string | readonly string[]>>,
): ErrorHeaders {
  const [before, now] = [earlier?.["set-cookie"], later["set-cookie"]];
  const merged = { ...earlier, ...later };
  if (before === undefined || now === undefined) return merged;
  const cookies = [now].flat();
  const replaced = new Set(cookies.map(cookieName));
  const kept = [before].flat().filter((cookie) => !replaced.has(cookieName(cookie)));
  return { ...merged, "set-cookie": [...kept, ...cookies] };
}
