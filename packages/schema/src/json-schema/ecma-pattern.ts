/**
 * Translates a pattern of Rust's `regex` crate to the syntax of ECMA-262, which JSON Schema uses; most patterns are the same in both.
 *
 * Shape:  the pattern -> the same in ECMA-262 with the flag `u`; null for syntax that only the crate has: flags, set operations in
 *         classes, and classes such as `[[:alpha:]]`.
 * Source: docs of the `regex` crate, "Syntax"; JSON Schema 2020-12, Core 6.4.
 */
export function ecmaPattern(pattern: string): string | null {
  let out = "";
  let rest = pattern;
  let isInClass = false;
  while (rest !== "") {
    const [token] = TOKEN.exec(rest)!;
    rest = rest.slice(token.length);
    if (token === "[") isInClass = true;
    else if (token === "]") isInClass = false;
    if (token === "(?s:.)") out += "[\\s\\S]";
    else if (/^\(\?(?!:|P?<)/.test(token)) return null;
    else if (token === "(?P<") out += "(?<";
    else if (token === "\\A") out += "^";
    else if (token === "\\z") out += "$";
    else if (/^\\[xuU]/.test(token)) out += escaped(String.fromCodePoint(codeOf(token)));
    else if (token === "\\a") out += "\\x07";
    else if (/^\\[^A-Za-z0-9]/u.test(token))
      out += (isInClass ? /[\^\\\]-]/ : /[\^$\\.*+?()[\]{}|/]/).test(token[1]!) ? token : token[1]!;
    else out += token;
  }
  try {
    void new RegExp(out, "u");
    return /\[\[:|&&|~~|\[[^\]]*--/.test(pattern) ? null : out;
  } catch {
    return null;
  }
}

/** A text as a pattern that matches exactly it. */
export function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&").replace(/[\0-\x1f\x7f]/g, (char) => {
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}

/** One piece of a pattern that is translated or kept as a whole: a group's head, an escape, or a character. */
const TOKEN =
  /^(?:\(\?s:\.\)|\(\?P<|\(\?[a-zA-Z-]*[:)]|\\[xuU]\{[0-9A-Fa-f]+\}|\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\[pP](?:\{[^}]*\}|\w)|\\[^]|[^])/u;

/** The code point of an escape such as `\x41` or `\u{1f600}`. */
function codeOf(escape: string): number {
  return Number.parseInt(escape.replace(/[\\xuU{}]/g, ""), 16);
}
