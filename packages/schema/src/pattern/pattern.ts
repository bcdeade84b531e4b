import { classItems, Untranslatable, type ClassItem } from "./pattern-class.ts";

/** A JavaScript pattern translated to the syntax of Rust's `regex` crate. */
export interface Translated {
  readonly pattern: string;
  /** Whether both engines accept the same strings; if false, Rust's engine accepts more. */
  readonly exact: boolean;
}

const REPEAT = /^(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})\??/;
/** The greatest count of a repetition; Rust's engine unrolls counts and refuses large programs. */
const MAX_COUNT = 256;

/**
 * Translates a JavaScript regular expression.
 *
 * Shape:  source and flags -> the pattern, or `undefined` where it needs look-around, back-references or syntax that
 * the two engines read differently. `\d`, `\w`, `\s`, `.` and the flags `i`, `s` and `u` keep their JavaScript meaning.
 * Without `u` JavaScript matches UTF-16 code units; a pattern that could match half of a surrogate pair gives
 * `undefined`.
 * Source: ECMA-262, 22.2; docs of the `regex` crate, "Syntax".
 */
export function toRustPattern(source: string, flags = ""): Translated | undefined {
  if (/[vy]/.test(flags)) return undefined;
  try {
    const unicode = flags.includes("u");
    const fold = flags.includes("i");
    const body = new Translator(source, flags).run();
    // With `u` both engines fold case by Unicode, but perhaps by different versions of it.
    return { pattern: unicode && fold ? `(?i)${body}` : body, exact: !(unicode && fold) };
  } catch (error) {
    if (error instanceof Untranslatable) return undefined;
    throw error;
  }
}

/** A pattern that matches exactly this text. */
export function literalPattern(text: string): string {
  return text.replace(/[^\p{L}\p{N} ]/gu, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`);
}

/**
 * Translates a pattern from front to back. Each construct either means the same in both engines and is written, or
 * throws `Untranslatable`.
 */
class Translator {
  #rest: string;
  readonly #unicode: boolean;
  readonly #foldCase: boolean;
  readonly #dotAll: boolean;
  readonly #multiline: boolean;
  /** Whether the last atom can match half of a surrogate pair, and no narrower atom has followed yet. */
  #open = false;
  #wideAtoms = 0;

  constructor(source: string, flags: string) {
    this.#rest = source;
    this.#unicode = flags.includes("u");
    this.#foldCase = flags.includes("i");
    this.#dotAll = flags.includes("s");
    this.#multiline = flags.includes("m");
  }

  /** Translates the whole pattern. */
  run(): string {
    const out = this.#alternatives();
    if (this.#rest !== "") throw new Untranslatable();
    return out;
  }

  /** Takes what the expression matches at the front of the rest; `undefined` where it does not match. */
  #take(syntax: RegExp): RegExpExecArray | undefined {
    const found = syntax.exec(this.#rest);
    if (!found) return undefined;
    this.#rest = this.#rest.slice(found[0].length);
    return found;
  }

  /**
   * Translates alternatives, up to a closing parenthesis or the end. A half of a pair may stay open behind any of
   * them.
   */
  #alternatives(): string {
    const before = this.#open;
    let after = false;
    let out = "";
    while (this.#rest !== "" && this.#rest[0] !== ")") {
      if (this.#take(/^\|/)) {
        after ||= this.#open;
        this.#open = before;
        out += "|";
      } else out += this.#term();
    }
    this.#open ||= after;
    return out;
  }

  /** Translates an assertion, a group, or an atom with its repetition. */
  #term(): string {
    const assertion = this.#assertion();
    if (assertion !== undefined) return assertion;
    if (this.#rest[0] === "(") return this.#group();
    const item = this.#atom();
    const repeat = this.#repeat();
    if (item.wide && !this.#unicode) this.#wide(repeat);
    else if (!/^(?:[*?]|\{0)/.test(repeat)) this.#open = false;
    return item.text + repeat;
  }

  /** Translates `^`, `$` or `\b`; `undefined` where none stands here. With the flag `m`, `^` and `$` are refused. */
  #assertion(): string | undefined {
    const anchor = this.#take(/^[\^$]/)?.[0];
    // A line in Rust ends at a line feed only, in JavaScript at four characters.
    if (anchor && this.#multiline) throw new Untranslatable();
    if (anchor) return anchor;
    if (this.#take(/^\\B/)) throw new Untranslatable();
    if (!this.#take(/^\\b/)) return undefined;
    // Case folding by Unicode adds two word characters.
    if (this.#unicode && this.#foldCase) throw new Untranslatable();
    return "(?-u:\\b)";
  }

  /** Translates a group. Names are dropped, since captures are not used; look-around is refused. */
  #group(): string {
    const [head] = this.#take(/^\((?:\?:|\?<[\p{ID_Start}$_][\p{ID_Continue}$]*>|(?!\?))/u) ?? [];
    if (head === undefined) throw new Untranslatable();
    const wideBefore = this.#wideAtoms;
    const openBefore = this.#open;
    const inner = this.#alternatives();
    if (!this.#take(/^\)/)) throw new Untranslatable();
    const repeat = this.#repeat();
    if (repeat !== "" && this.#wideAtoms > wideBefore) throw new Untranslatable();
    // A group that is skipped separates nothing.
    if (/^(?:[*?]|\{0)/.test(repeat)) this.#open ||= openBefore;
    return `${head === "(" ? "(" : "(?:"}${inner})${repeat}`;
  }

  /** Reads a repetition, greedy or lazy; counts above 256 are refused. */
  #repeat(): string {
    const found = this.#take(REPEAT);
    if (!found) return "";
    const [text, least = "0", , most = "0"] = found;
    if (Math.max(Number(least), Number(most)) > MAX_COUNT) throw new Untranslatable();
    if (REPEAT.test(this.#rest)) throw new Untranslatable();
    return text;
  }

  /**
   * Checks a run of wide atoms without `u`: both engines agree only if the run may be cut anywhere and no neighbour can
   * share it.
   */
  #wide(repeat: string): void {
    if (this.#open || !/^(?:[*+]|\{[01],\})/.test(repeat)) throw new Untranslatable();
    this.#open = true;
    this.#wideAtoms++;
  }

  /** Translates a dot, a character or a class. */
  #atom(): ClassItem {
    if (this.#take(/^\./)) {
      return { text: this.#dotAll ? "(?s:.)" : "[^\\n\\r\\u{2028}\\u{2029}]", wide: true };
    }
    const { items, rest } = classItems(this.#rest, {
      unicode: this.#unicode,
      foldAscii: this.#foldCase && !this.#unicode,
    });
    this.#rest = rest;
    return items;
  }
}
