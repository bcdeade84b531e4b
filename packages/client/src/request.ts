import { APIError } from "./api-error.ts";
import type { CallOptions, Settings } from "./client-options.ts";
import { textOf, writeJSON } from "./wire-text.ts";

/** An input whose body is not JSON, as `form`, `multipart`, `text` and `bytes` make it. */
export interface Encoded {
  readonly fields: unknown;
  /** Writes the fields that are not in the path. */
  readonly "~encode": (fields: Record<string, unknown>) => BodyInit;
}

/** A request as it is sent. */
export interface Outgoing {
  readonly url: string;
  readonly init: { method: string; headers: Headers; body?: BodyInit };
}

type Fields = Record<string, unknown>;

/**
 * Writes a request: path parameters into the path, the rest of GET, HEAD and DELETE into the query, of other methods into the
 * body.
 *
 * Errors: `invalid_argument` with the place, for what no request can carry.
 */
export async function writeRequest(
  { base, headers: own }: Settings,
  route: string,
  input: unknown,
  given: CallOptions,
): Promise<Outgoing> {
  const [method = "", pattern = ""] = route.split(" ");
  const encode = (input as Partial<Encoded> | undefined)?.["~encode"];
  const whole = encode ? (input as Encoded).fields : input;
  const isFields = Object.prototype.toString.call(whole) === "[object Object]";
  const fields: Fields = isFields ? { ...(whole as Fields) } : {};
  const path = pattern.replace(/\/([:*!])(\w+)/g, (_, kind: string, name: string) => {
    const text = segment(fields[name], kind, name);
    delete fields[name];
    return `/${text}`;
  });
  const headers = new Headers({ accept: "application/json;revive=1,*/*" });
  setHeaders(headers, typeof own === "function" ? await own() : own);
  setHeaders(headers, given.headers);
  const cookies = parts(given.cookies, "cookie", "=").join("; ");
  if (cookies) headers.set("cookie", cookies);
  const isQuery = /^(GET|HEAD|DELETE)$/.test(method);
  const query = parts(
    { ...(isQuery ? fields : undefined), ...given.query },
    "query",
    "=",
    encodeURIComponent,
  );
  const init: Outgoing["init"] = { method, headers };
  if (encode) init.body = encode(fields);
  else if (
    !isQuery &&
    whole !== undefined &&
    !(isFields && path !== pattern && !Object.keys(fields).length)
  ) {
    init.body = writeJSON(isFields ? fields : whole);
    headers.set("content-type", "application/json");
  }
  return { url: base + path + (query.length ? `?${query.join("&")}` : ""), init };
}

function segment(value: unknown, kind: string, name: string): string {
  const text = value === undefined ? "" : textOf(value, `path.${name}`);
  const isRest = kind !== ":";
  // Clients and proxies take dot segments away, so that they would reach another endpoint.
  if ((text === "" && !isRest) || text.split(isRest ? "/" : /$/).some((part) => /^\.\.?$/.test(part)))
    throw new APIError(
      "invalid_argument",
      `path.${name}: ${text === "" ? "it is missing" : "a path cannot carry it"}`,
    );
  return isRest ? text.split("/").map(encodeURIComponent).join("/") : encodeURIComponent(text);
}

function parts(
  fields: Readonly<Fields> | undefined,
  place: string,
  by: string,
  encoded: (text: string) => string = String,
): string[] {
  return Object.entries(fields ?? {}).flatMap(([name, value]) =>
    [value]
      .flat()
      .flatMap((one) =>
        one === undefined || one === null
          ? []
          : [encoded(name) + by + encoded(textOf(one, `${place}.${name}`))],
      ),
  );
}

function setHeaders(headers: Headers, values: Readonly<Fields> | undefined): void {
  for (const [name, value] of Object.entries(values ?? {})) {
    if (value === undefined || value === null) continue;
    headers.delete(name);
    for (const one of [value].flat()) headers.append(name, textOf(one, `header.${name}`));
  }
}
