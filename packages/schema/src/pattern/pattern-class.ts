/** One character of a pattern: a literal, an escape or a class, in Rust's syntax. */
export interface ClassItem {
  readonly text: string;
  /** Whether the item matches characters beyond U+FFFF, where JavaScript without `u` sees two code units. */
  readonly wide: boolean;
}

/** How the flags of a JavaScript pattern have its characters read. */
export interface Reading {
  /** Whether the pattern has the flag `u`, and so matches characters instead of UTF-16 code units. */
  readonly unicode: boolean;
  /** Whether to ignore case as JavaScript does without `u`: an ASCII letter folds to its other case only. */
  readonly foldAscii: boolean;
}

/** Thrown for a pattern that a linear-time engine cannot run, or reads differently; `toRustPattern` catches it. */
export class Untranslatable extends Error {}

const DIGIT = "0-9";
const WORD = "0-9A-Za-z_";
/** The characters that `\s` matches in JavaScript. Source: ECMA-262, WhiteSpace and LineTerminator. */
const SPACE =
  "\\t\\n\\x0b\\x0c\\r\\x20\\u{a0}\\u{1680}\\u{2000}-\\u{200a}\\u{2028}\\u{2029}\\u{202f}\\u{205f}\\u{3000}\\u{feff}";
const SETS: Readonly<Record<string, string>> = { d: DIGIT, w: WORD, s: SPACE };
const CONTROLS: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11, "0": 0 };
/** Matches classes that contain every character, as JavaScript patterns spell them. */
const EVERYTHING = /^\[(?:\^|\\s\\S|\\S\\s|\\d\\D|\\D\\d|\\w\\W|\\W\\w)\]/;
const SURROGATES = { first: 0xd800, last: 0xdfff };

/** Parses the character or class at the start of `source`; returns it and the rest of the pattern. */
export function classItems(source: string, reading: Reading): { items: ClassItem; rest: string } {
  const everything = EVERYTHING.exec(source);
  if (everything) return { items: { text: "(?s:.)", wide: true }, rest: source.slice(everything[0].length) };
  const reader = new ClassReader(source, reading);
  const items = source[0] === "[" ? reader.readClass() : reader.readSingle();
  return { items, rest: reader.rest };
}

/**
 * Reads one character, escape or class from the start of a pattern, and writes it in Rust's syntax. What the two
 * engines would read differently is `Untranslatable`.
 */
class ClassReader {
  rest: string;
  readonly #reading: Reading;

  constructor(source: string, reading: Reading) {
    this.rest = source;
    this.#reading = reading;
  }

  /** Reads a character or an escape outside of a class, as a class of its own where it has another case. */
  readSingle(): ClassItem {
    const set = this.#set();
    if (set) return { text: `[${set.negated ? "^" : ""}${set.text}]`, wide: set.negated };
    if (/^[*+?()[\]{}|]/.test(this.rest) && !/^[\]}]/.test(this.rest)) throw new Untranslatable();
    const code = this.#character();
    const folded = this.#otherCase(code);
    const wide = code > 0xffff;
    if (folded !== undefined) return { text: `[${written(code)}${written(folded)}]`, wide };
    // Without `u` a pair is two atoms, and a repetition applies to the second.
    if (wide && !this.#reading.unicode && /^[*+?{]/.test(this.rest)) throw new Untranslatable();
    return { text: written(code), wide: false };
  }

  /** Reads a class, from its bracket to the closing one. */
  readClass(): ClassItem {
    this.#skip(1);
    const negated = this.rest[0] === "^";
    if (negated) this.#skip(1);
    // Empty classes match nothing or everything in JavaScript, and are errors in Rust.
    if (this.rest[0] === "]") throw new Untranslatable();
    let text = "";
    let wide = negated;
    while (this.rest[0] !== "]") {
      if (this.rest === "") throw new Untranslatable();
      const item = this.#member();
      text += item.text;
      wide ||= item.wide;
    }
    this.#skip(1);
    return { text: `[${negated ? "^" : ""}${text}]`, wide };
  }

  /**
   * Reads one member of a class: a named set, a character, or a range. A negated set within a class is refused,
   * because its complement depends on the engine's characters.
   */
  #member(): ClassItem {
    const set = this.#set();
    if (set?.negated) throw new Untranslatable();
    if (set) {
      if (/^-[^\]]/.test(this.rest)) throw new Untranslatable();
      return { text: set.text, wide: false };
    }
    const first = this.#character();
    if (!/^-[^\]]/.test(this.rest)) return this.#range(first, first);
    this.#skip(1);
    if (/^\\[dwsDWS]/.test(this.rest)) throw new Untranslatable();
    return this.#range(first, this.#character());
  }

  /** Writes a range, with the other cases of its ASCII letters where case is ignored. */
  #range(first: number, last: number): ClassItem {
    const { unicode, foldAscii } = this.#reading;
    if (first > last) throw new Untranslatable();
    if (first <= SURROGATES.last && last >= SURROGATES.first) throw new Untranslatable();
    // Without `u` a class contains the two halves of a character beyond U+FFFF.
    if (last > 0xffff && !unicode) throw new Untranslatable();
    const text = span(first, last);
    return { text: foldAscii ? text + this.#foldedRange(first, last) : text, wide: last > 0xffff };
  }

  /**
   * Writes the other cases of a range's ASCII letters. A range with letters of other alphabets that have two cases is
   * refused: the engines fold them by different tables.
   */
  #foldedRange(first: number, last: number): string {
    if (last > 0x7f && hasCase(first, last)) throw new Untranslatable();
    const swap = (low: number, high: number, by: number): string => {
      const [from, to] = [Math.max(first, low), Math.min(last, high)];
      return from <= to ? span(from + by, to + by) : "";
    };
    return swap(0x41, 0x5a, 0x20) + swap(0x61, 0x7a, -0x20);
  }

  /** Finds the other case of an ASCII letter; `undefined` for a character without one. */
  #otherCase(code: number): number | undefined {
    if (!this.#reading.foldAscii) return undefined;
    const letter = (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a && code < 0x80;
    if (letter) return code ^ 0x20;
    if (code > 0x7f && hasCase(code, code)) throw new Untranslatable();
    return undefined;
  }

  /**
   * Reads `\d`, `\w`, `\s` or its negation. The sets are spelled out, because Rust's own are Unicode's, and
   * JavaScript's are ASCII's.
   */
  #set(): { readonly text: string; readonly negated: boolean } | undefined {
    const name = /^\\([dwsDWS])/.exec(this.rest)?.[1];
    if (name === undefined) return undefined;
    this.#skip(2);
    return { text: SETS[name.toLowerCase()]!, negated: name !== name.toLowerCase() };
  }

  /** Reads one character, as it is or escaped. */
  #character(): number {
    if (this.rest[0] === "\\") return this.#escaped();
    const code = this.rest.codePointAt(0)!;
    this.#skip(code > 0xffff ? 2 : 1);
    return checked(code);
  }

  /** Reads an escape of one character. Back-references, properties (`\p`), octal and legacy escapes are refused. */
  #escaped(): number {
    const hex = /^\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\})/.exec(this.rest);
    // Without `u`, `\u{5}` is five times the letter u.
    if (hex && (hex[3] === undefined || this.#reading.unicode)) {
      this.#skip(hex[0].length);
      return checked(Number.parseInt(hex[1] ?? hex[2] ?? hex[3]!, 16));
    }
    const char = this.rest[1];
    if (char === undefined || /^\\0[0-9]/.test(this.rest)) throw new Untranslatable();
    this.#skip(2);
    if (Object.hasOwn(CONTROLS, char)) return CONTROLS[char]!;
    // The remaining letters and digits are back-references, properties and legacy escapes.
    if (/[A-Za-z0-9]/.test(char) || char > "\u007f") throw new Untranslatable();
    return char.charCodeAt(0);
  }

  #skip(units: number): void {
    this.rest = this.rest.slice(units);
  }
}

/** Refuses half of a surrogate pair, which only an engine over code units can match. */
function checked(code: number): number {
  if ((code >= SURROGATES.first && code <= SURROGATES.last) || code > 0x10ffff) throw new Untranslatable();
  return code;
}

/** A range in Rust's syntax; one character where both ends are the same. */
function span(first: number, last: number): string {
  return first === last ? written(first) : `${written(first)}-${written(last)}`;
}

/** Escapes a character so that it is a literal in any position. */
function written(code: number): string {
  const char = String.fromCodePoint(code);
  if (/[A-Za-z0-9_ ]/.test(char)) return char;
  if (/[!-~]/.test(char)) return /["'%,/:;=@`<>!]/.test(char) ? char : `\\${char}`;
  return `\\u{${code.toString(16)}}`;
}

/** Whether a range beyond ASCII has a character with another case. */
function hasCase(first: number, last: number): boolean {
  for (let code = Math.max(first, 0x80); code <= last; code++) {
    const char = String.fromCodePoint(code);
    if (char.toLowerCase() !== char || char.toUpperCase() !== char) return true;
  }
  return false;
}
