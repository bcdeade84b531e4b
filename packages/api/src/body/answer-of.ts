import { isHeaderValue, ResponseMismatch } from "@twinloop/core-native/internal";
import type { Answer } from "./answer.ts";
import { Content, type CSV, type HTML, type TextBody } from "./content.ts";
import { FileBody } from "./file.ts";

/**
 * The header by which Rust is told to send a file; no header has such a name, since `:` is not allowed in one (RFC 9110, 5.1). Its
 * value is JSON: `{"path","root"}`, where `root` is null for an absolute path.
 */
const FILE = ":file";

/** Statuses whose responses have no content (RFC 9110, 15.3.5, 15.3.6 and 15.4.5). */
export const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** Whether a result is a body of its own, not a value to be written as JSON. A `Buffer` is one, as each `Uint8Array`. */
export function isContent(result: unknown): result is Content | Uint8Array {
  return result instanceof Content || result instanceof Uint8Array;
}

/**
 * Makes the answer of a body that is not JSON.
 *
 * Shape:  the body, headers that other fields have set, and a status that one has set -> the answer. Bytes get no content type
 *         here. A file crosses as its path, which Rust opens; a text as UTF-8. A redirect, and a status without content, has no
 *         content type.
 * Errors: `ResponseMismatch` for a header value with a line break or control character.
 */
export function answerOf(
  body: Content | Uint8Array,
  more: readonly (readonly [string, string])[] = [],
  status?: number,
): Answer {
  if (body instanceof Uint8Array) return { status: status ?? 200, headers: written(more), body };
  const own = Object.entries(body.headers);
  for (const [name, value] of own) checkHeader(name, value);
  const headers: (readonly [string, string])[] = [...own, ...more];
  const code = status ?? body.status;
  if (body instanceof FileBody) {
    headers.push([FILE, JSON.stringify({ path: body.path, root: body.root ?? null })]);
    return { status: code, headers: written(headers), body: "" };
  }
  const text = body.kind === "redirect" ? "" : (body as HTML | CSV | TextBody).text;
  if (text === "" || BODILESS.has(code)) {
    const isTyped = body.kind !== "redirect" && !BODILESS.has(code);
    return {
      status: code,
      headers: written(isTyped ? headers : headers.filter(([name]) => name !== "content-type")),
      body: "",
    };
  }
  return { status: code, headers: written(headers), body: Buffer.from(text, "utf8") };
}

function written(headers: readonly (readonly [string, string])[]): string {
  return headers.length === 0 ? "" : JSON.stringify(headers);
}

/** Refuses a header that could not be sent, and one that Rust would take for an instruction, as it does with each `:` name. */
function checkHeader(name: string, value: string): void {
  if (name.startsWith(":") || !isHeaderValue(value)) {
    throw new ResponseMismatch(
      `response.headers.${name}`,
      "a header without line breaks and control characters",
      "one",
    );
  }
}
