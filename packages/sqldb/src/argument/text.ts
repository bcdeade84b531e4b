import { SQLError } from "../error.ts";
import { kindOf } from "./unreadable.ts";

const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

/**
 * Checks a text and makes it well-formed before it is sent to Rust: half of a surrogate pair becomes U+FFFD, as in
 * Node's encoders.
 *
 * Errors: `invalid_parameter` for a value that is not a string, and for a NUL character, which PostgreSQL does not
 * accept in text.
 */
export function toText(what: string, text: unknown): string {
  if (typeof text !== "string") {
    throw new SQLError("invalid_parameter", `${what} is a string, not ${kindOf(text)}`);
  }
  if (text.includes("\0")) {
    throw new SQLError(
      "invalid_parameter",
      `${what} contains a NUL character, which PostgreSQL does not accept in text`,
    );
  }
  return wellFormed(text);
}

/** Replaces each half of a surrogate pair by U+FFFD. */
export function wellFormed(text: string): string {
  // The regular expression serves texts that are not well-formed; well-formed ones skip it.
  return isWellFormed(text) ? text : text.replace(LONE_SURROGATE, "\uFFFD");
}

function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}
