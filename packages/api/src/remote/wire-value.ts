import { APIError } from "@twinloop/core-native";
import { Content, CSV, HTML, TextBody } from "../body/content.ts";
import { FileBody } from "../body/file.ts";
import { Redirect, type RedirectStatus } from "../body/redirect.ts";
import { UploadedFile } from "../body/uploaded-file.ts";

/**
 * Writes a value for another process of the app, so that `readValue` gives the same value there.
 *
 * Shape:  JSON whose strings that begin with U+0000 and a letter are dates (`d`), bigints (`n`), bytes (`b`), bodies (`c`) or
 *         strings (`s`). `undefined` becomes `null` at the top, and is left out of objects.
 * Errors: `unimplemented` for a file, whose bytes are on this machine; `internal` for what JSON cannot carry.
 */
export function writeValue(value: unknown): string {
  try {
    return JSON.stringify(value, tag) ?? "null";
  } catch (error) {
    if (error instanceof APIError) throw error;
    throw APIError.internal("the value of a call cannot be written as JSON", error);
  }
}

/** Reads what `writeValue` has written. Errors: a `SyntaxError` or `TypeError` for any other text. */
export function readValue(text: string): unknown {
  return JSON.parse(text, (_, value: unknown) =>
    typeof value === "string" && value.charCodeAt(0) === 0 ? untag(value) : value,
  );
}

/**
 * The replacer of `writeValue`. Looks at the holder's own value, because `toJSON` of a date has run before a replacer is
 * called.
 */
function tag(this: Readonly<Record<string, unknown>>, name: string, value: unknown): unknown {
  const own = this[name];
  if (typeof own === "string") return own.charCodeAt(0) === 0 ? `\0s${own}` : own;
  if (typeof own === "bigint") return `\0n${own}`;
  if (typeof own !== "object" || own === null) return value;
  if (own instanceof Date) return `\0d${own.getTime()}`;
  if (own instanceof Uint8Array)
    return `\0b${Buffer.from(own.buffer, own.byteOffset, own.byteLength).toString("base64")}`;
  if (own instanceof FileBody || own instanceof UploadedFile)
    throw APIError.unimplemented("a file cannot be part of a call to another process: send its bytes");
  if (own instanceof Content) return `\0c${contentText(own)}`;
  return value;
}

/** Makes the value of a tagged string. Errors: a `TypeError` for a tag of another version. */
function untag(tagged: string): unknown {
  const rest = tagged.slice(2);
  switch (tagged[1]) {
    case "d":
      return new Date(Number(rest));
    case "n":
      return BigInt(rest);
    case "b":
      return new Uint8Array(Buffer.from(rest, "base64"));
    case "c":
      return contentOf(JSON.parse(rest) as WrittenContent);
    case "s":
      return rest;
    default:
      throw new TypeError("a value has an unknown tag: run all processes of the app in one version");
  }
}

/** A body of its own kind, such as `HTML`, as JSON. */
interface WrittenContent {
  readonly kind: string;
  readonly text: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

function contentText({ kind, status, headers, ...own }: Content): string {
  const { text = "" } = own as { readonly text?: string };
  return JSON.stringify({ kind, text, status, headers } satisfies WrittenContent);
}

/**
 * Makes a body of its own kind again, of what was written of it or of an answer's text and headers. Errors: a `TypeError` for
 * a kind of another version.
 */
export function contentOf({ kind, text, status, headers }: WrittenContent): Content {
  switch (kind) {
    case "html":
      return new HTML(text, { status, headers });
    case "csv":
      return new CSV(text, { status, headers });
    case "text":
      return new TextBody(text, headers["content-type"], { status, headers });
    case "redirect":
      return new Redirect(headers["location"] ?? "", status as RedirectStatus);
    default:
      throw new TypeError("a value has an unknown body: run all processes of the app in one version");
  }
}
