/**
 * Characters that a reader does not see but that change what is seen: controls of C0 and C1 but tab and newline, marks
 * that turn the direction of writing, and separators that split lines.
 */
const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/**
 * Makes invisible characters of a foreign text visible, so that a log line or a statement can neither hide nor reorder
 * what a reader sees. Markup needs nothing: all texts are set as text.
 *
 * Shape:  `a\u001b[31mb` -> `a␛[31mb`; beyond C0 as `⟨U+202E⟩`.
 */
export function plainText(text: string): string {
  return text.replace(INVISIBLE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    if (code === 0x7f) return "\u2421";
    return `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
  });
}

/** Any value as a text for a cell: texts as they are, `null` as `null`, objects as JSON. */
export function cellText(value: unknown): string {
  if (typeof value === "string") return plainText(value);
  if (value === undefined) return "";
  return plainText(JSON.stringify(value) ?? String(value));
}

/** A JSON value on several lines; a text that is JSON is laid out too, any other text stays. */
export function prettyJson(value: unknown): string {
  if (typeof value !== "string") return plainText(JSON.stringify(value, null, 2) ?? "");
  try {
    return plainText(JSON.stringify(JSON.parse(value), null, 2));
  } catch {
    return plainText(value);
  }
}
