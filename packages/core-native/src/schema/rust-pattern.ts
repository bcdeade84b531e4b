/**
 * Testing patterns of Rust's `regex` crate with JavaScript's engine.
 *
 * The two read most syntax alike but not all, and JavaScript's backtracks. So a pattern is translated construct by
 * construct, and tested only on texts that cannot make it run long; what can be neither is not tested here.
 */

/** Steps that one test may take at most, by the estimate below. */
const MAX_STEPS = 1_000_000;

/** Repetitions of a group with choices in it that are still cheap to try. */
const MAX_REPEATED_CHOICES = 8;

const WORD = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}";
const IN_CLASS: Readonly<Record<string, string>> = {
  d: "\\p{Nd}",
  D: "\\P{Nd}",
  s: "\\p{White_Space}",
  S: "\\P{White_Space}",
  w: WORD,
};
const OUTSIDE: Readonly<Record<string, string>> = {
  ...IN_CLASS,
  w: `[${WORD}]`,
  W: `[^${WORD}]`,
  A: "(?<![^])",
  z: "(?![^])",
  b: `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`,
};
const REPEAT = /^(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})\??/;

/** Thrown inside, never out. */
class Untranslatable extends Error {}

/**
 * A test for a pattern in Rust's syntax; `undefined` when JavaScript cannot test it alike in bounded time. Texts that
 * are too long for the pattern pass untested.
 */
export function compileRustPattern(pattern: string): ((text: string) => boolean) | undefined {
  try {
    const { source, flags, power } = new PatternReader(pattern).read();
    const expression = new RegExp(source, flags);
    const longest = Math.floor(MAX_STEPS ** (1 / power));
    return (text) => text.length > longest || expression.test(text);
  } catch {
    return undefined;
  }
}

interface Translation {
  readonly source: string;
  readonly flags: string;
  /** The time of a test grows with the text's length to this power. */
  readonly power: number;
}

class PatternReader {
  #rest: string;
  #dotAll = false;
  #unbounded = 0;
  /** Choices that backtracking may try again: alternatives, and repetitions that are not of a fixed count. */
  #choices = 0;
  readonly #anchored: boolean;

  constructor(pattern: string) {
    this.#rest = pattern;
    this.#anchored = /^(?:\(\?[is]+\))?(?:\^|\\A)/.test(pattern);
  }

  read(): Translation {
    const inline = this.#take(/^\(\?([is]+)\)/)?.[1] ?? "";
    this.#dotAll = inline.includes("s");
    const source = this.#alternatives();
    if (this.#rest !== "") throw new Untranslatable();
    const power = Math.max(1, this.#unbounded + (this.#anchored ? 0 : 1));
    return { source, flags: inline.includes("i") ? "iu" : "u", power };
  }

  #take(syntax: RegExp): RegExpExecArray | null {
    const found = syntax.exec(this.#rest);
    if (found) this.#rest = this.#rest.slice(found[0].length);
    return found;
  }

  #alternatives(): string {
    let source = "";
    while (this.#rest !== "" && this.#rest[0] !== ")") {
      const bar = this.#take(/^\|/);
      if (bar) this.#choices++;
      source += bar ? "|" : this.#repeated();
    }
    return source;
  }

  #repeated(): string {
    const before = this.#choices;
    const atom = this.#atom();
    const repeat = this.#take(REPEAT);
    if (!repeat) return atom;
    const [text, least, comma, most] = repeat;
    const many = text[0] === "*" || text[0] === "+" || (comma !== undefined && most === "");
    const count = many ? Infinity : Number(most || least || 1);
    // A choice inside a long repetition is where backtracking becomes exponential.
    if (count > MAX_REPEATED_CHOICES && this.#choices > before) throw new Untranslatable();
    if (many) this.#unbounded++;
    if (many || comma !== undefined || text[0] === "?") this.#choices++;
    if (REPEAT.test(this.#rest)) throw new Untranslatable();
    return atom + text;
  }

  #atom(): string {
    if (this.#take(/^\((?:\?:|\?P?<\w+>|(?!\?))/)) {
      const inner = this.#alternatives();
      if (!this.#take(/^\)/)) throw new Untranslatable();
      return `(?:${inner})`;
    }
    if (this.#take(/^\[/)) return this.#class();
    if (this.#take(/^\(\?s:\.\)/)) return "[^]";
    const escape = this.#escape(OUTSIDE);
    if (escape !== undefined) return escape;
    const [char] = this.#take(/^[^]/u)!;
    if (char === ".") return this.#dotAll ? "[^]" : "[^\\n]";
    if (char === "^" || char === "$") return char;
    if (/[*+?{()]/.test(char)) throw new Untranslatable();
    return literal(char);
  }

  #class(): string {
    let source = this.#take(/^\^/) ? "[^" : "[";
    if (this.#take(/^\]/)) source += "\\]";
    while (!this.#take(/^\]/)) {
      if (this.#rest === "" || /^(?:\[|&&|--|~~)/.test(this.#rest)) throw new Untranslatable();
      const escape = this.#escape(IN_CLASS);
      const [char] = escape === undefined ? this.#take(/^[^]/u)! : [escape];
      source += escape === undefined && char !== "-" ? literal(char) : char;
    }
    return `${source}]`;
  }

  #escape(classes: Readonly<Record<string, string>>): string | undefined {
    const hex = this.#take(/^\\(?:[xuU]\{([0-9A-Fa-f]{1,6})\}|x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4}))/);
    if (hex) return `\\u{${hex[1] ?? hex[2] ?? hex[3]}}`;
    const property = this.#take(/^\\([pP])(?:\{(\w+)\}|(\w))/);
    if (property) return `\\${property[1]}{${property[2] ?? property[3]}}`;
    const simple = this.#take(/^\\([^])/u)?.[1];
    if (simple === undefined) return undefined;
    if (Object.hasOwn(classes, simple)) return classes[simple];
    if (/[nrtfv]/.test(simple)) return `\\${simple}`;
    if (/[A-Za-z0-9]/.test(simple)) throw new Untranslatable();
    return literal(simple);
  }
}

/** A character that stands for itself. */
function literal(char: string): string {
  return /[\p{L}\p{N} ]/u.test(char) ? char : `\\u{${char.codePointAt(0)!.toString(16)}}`;
}
