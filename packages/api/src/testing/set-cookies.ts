import { APIError } from "@twinloop/core-native";
import type { Callee } from "../call/callee.ts";

type Headers = readonly (readonly [string, string])[];

/**
 * Adds the cookies that an answer has set to the result of a call, as their handler has returned them: `{ value, ...attributes }`, or
 * the value alone where there are no attributes.
 *
 * Errors: `unimplemented` for a sealed cookie, whose value only the app can read.
 */
export function withSetCookies(
  { planned: { response }, types, meta }: Callee,
  headers: Headers,
  result: unknown,
): unknown {
  const fields = response?.fields.filter(({ in: place }) => place === "cookie") ?? [];
  if (fields.length === 0) return result;
  const lines = headers.filter(([name]) => name === "set-cookie").map(([, line]) => line);
  const found = fields.flatMap(({ name, wire, type, sealed }) => {
    const line = lines.find((one) => one.startsWith(`${wire}=`));
    if (line === undefined) return [];
    if (sealed !== undefined)
      throw APIError.unimplemented(
        `call() cannot open the cookie ${wire} that ${meta.name} has sealed: use request(), and send the cookie back`,
      );
    const { value, ...attributes } = readSetCookie(line);
    const read = scalar(String(value), types[type]?.kind);
    // A cookie without attributes may be that of a plain value.
    return [[name, Object.keys(attributes).length === 0 ? read : { value: read, ...attributes }] as const];
  });
  return { ...(result as object | undefined), ...Object.fromEntries(found) };
}

/** The value that a handler has set, out of the text of its cookie. */
function scalar(text: string, kind: string | undefined): unknown {
  const plain = /%[0-9a-f]{2}/i.test(text) ? decodeURIComponent(text) : text;
  if (kind === "number") return Number(plain);
  if (kind === "bigint") return BigInt(plain);
  return kind === "boolean" ? plain === "true" : plain;
}

/** Reads one `set-cookie` line. Source: RFC 6265, section 4.1.1. */
function readSetCookie(line: string): Readonly<Record<string, unknown>> {
  const [pair = "", ...attributes] = line.split(";").map((part) => part.trim());
  const cookie: Record<string, unknown> = { value: pair.slice(pair.indexOf("=") + 1) };
  for (const attribute of attributes) {
    const [name = "", value] = attribute.split("=", 2);
    const property = NAMES[name.toLowerCase()];
    if (property === undefined) continue;
    const isNumber = property === "maxAge";
    cookie[property] = property === "expires" ? new Date(value!) : isNumber ? Number(value) : (value ?? true);
  }
  return cookie;
}

/** The attributes of `set-cookie` lines, in lower case, by their names in `CookieAttributes`. */
const NAMES: Readonly<Record<string, string>> = {
  path: "path",
  domain: "domain",
  expires: "expires",
  "max-age": "maxAge",
  httponly: "httpOnly",
  secure: "secure",
  samesite: "sameSite",
  partitioned: "partitioned",
};
