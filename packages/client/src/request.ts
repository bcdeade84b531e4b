import type { CallOptions, ClientSettings } from "./client-options.ts";
import { refuse } from "./api-error.ts";
import { textsOf, writeJSON } from "./wire-text.ts";

/** What `fetch` sends as a body. */
export type RequestBody = NonNullable<RequestInit["body"]> | null;

/** An input whose body is not JSON, as `form`, `multipart`, `text` and `bytes` make it. */
export interface Encoded {
  readonly fields: unknown;
  /** Writes the fields that are not in the path. */
  readonly "~encode": (fields: Record<string, unknown>) => RequestBody;
}

/** An input that `form`, `multipart`, `text` or `bytes` has made. */
export interface EncodedAs<Form extends string, Fields> extends Encoded {
  readonly fields: Fields;
  readonly "~form"?: Form;
}

/** A request as it is sent: its URL, and what `fetch` is told of it. */
export type Outgoing = readonly [url: string, init: OutgoingInit];

interface OutgoingInit {
  method: string;
  headers: Headers;
  body?: RequestBody;
}

type Fields = Record<string, unknown>;

/**
 * Writes a request: path parameters into the path, the rest of GET, HEAD and DELETE into the query, of other methods into the
 * body.
 *
 * Errors: `invalid_argument` with the place, for what no request can carry.
 */
export async function writeRequest(
  { base, accept = "*/*", headers: own }: ClientSettings,
  route: string,
  input: unknown,
  { headers: given, query }: CallOptions,
): Promise<Outgoing> {
  const [method, pattern] = route.split(" ") as [string, string];
  const encode = (input as Partial<Encoded> | undefined)?.["~encode"];
  const whole = encode ? (input as Encoded).fields : input;
  const isFields = String(whole) === "[object Object]";
  const fields: Fields = { ...(isFields && (whole as Fields)) };
  const path = pattern.replace(/\/([:*!])(\w+)/g, (_, kind: string, name: string) => {
    const text = segment(fields[name], kind !== ":", `path.${name}`);
    delete fields[name];
    return text;
  });
  // GET, HEAD and DELETE.
  const isQuery = /^[GHD]/.test(method);
  const search = put(new URLSearchParams(), "query", { ...(isQuery && fields), ...query });
  const headers = new Headers({ accept });
  const init: OutgoingInit = { method, headers };
  if (encode) init.body = encode(fields);
  // Path parameters alone leave no body.
  else if (!isQuery && (isFields ? path === pattern || Object.keys(fields)[0] : whole !== undefined)) {
    init.body = writeJSON(isFields ? fields : whole);
    headers.set("content-type", "application/json");
  }
  put(headers, "header", typeof own === "function" ? await own() : own);
  put(headers, "header", given);
  return [`${base}${path}?${search}`.replace(/\?$/, ""), init];
}

/** Writes a path parameter, with the slash before it. */
function segment(value: unknown, isRest: boolean, at: string): string {
  const text = textsOf(value, at).join("/");
  const encoded = `/${encodeURIComponent(text)}`;
  const path = isRest ? encoded.replaceAll("%2F", "/") : encoded;
  // Clients and proxies take dot segments away: they would reach another endpoint.
  if (!(text || isRest) || /\/\.\.?(\/|$)/.test(path)) refuse("invalid_argument", at);
  return path;
}

/** Puts fields in the place of those with the same names. A list is several; null takes a field away. */
export function put<T extends FormData | Headers | URLSearchParams>(
  target: T,
  place: string,
  fields: Readonly<Fields> = {},
): T {
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    target.delete(name);
    for (const text of textsOf(value, `${place}.${name}`)) target.append(name, text);
  }
  return target;
}
