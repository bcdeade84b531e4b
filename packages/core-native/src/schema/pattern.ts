/** A JavaScript pattern in the syntax of Rust's `regex` crate. */
export interface Translated {
  readonly pattern: string;
  /** Both engines accept the same strings; otherwise Rust's accepts more. */
  readonly exact: boolean;
}

const DIGIT = "0-9";
const WORD = "0-9A-Za-z_";
/** What `\s` is in JavaScript (ECMA-262, WhiteSpace and LineTerminator). */
const SPACE =
  "\\t\\n\\x0b\\x0c\\r\\x20\\u{a0}\\u{1680}\\u{2000}-\\u{200a}\\u{2028}\\u{2029}\\u{202f}\\u{205f}\\u{3000}\\u{feff}";
const LINE_END = "\\n\\r\\u{2028}\\u{2029}";
const QUANTIFIER = /^\{\d+(,\d*)?\}/;

/** Thrown inside, never out: the pattern needs what a linear-time engine cannot have. */
class Untranslatable extends Error {}

/**
 * Translates a JavaScript regular expression.
 *
 * Shape:  source and flags -> the pattern, or `undefined` where it needs look-around, back-references or syntax that the
 *         two engines read differently. `\d`, `\w`, `\s` and `.` keep their JavaScript meaning.
 * Source: ECMA-262, 22.2; docs of the `regex` crate, "Syntax".
 */
export function toRustPattern(source: string, flags = ""): Translated | undefined {
  if (/[vy]/.test(flags)) return undefined;
  try {
    const inline = [...flags].filter((flag) => "ims".includes(flag)).join("");
    const body = new Translator(source, flags.includes("s")).run();
    // Case folding is Unicode's in Rust and a narrower one in JavaScript.
    return {
      pattern: inline === "" ? body : `(?${inline})${body}`,
      exact: !inline.includes("i") && !inline.includes("m"),
    };
  } catch (error) {
    if (error instanceof Untranslatable) return undefined;
    throw error;
  }
}

class Translator {
  readonly #source: string;
  readonly #dotAll: boolean;
  #at = 0;

  constructor(source: string, dotAll: boolean) {
    this.#source = source;
    this.#dotAll = dotAll;
  }

  run(): string {
    let out = "";
    while (this.#at < this.#source.length) out += this.#atom();
    return out;
  }

  #atom(): string {
    const char = this.#source[this.#at]!;
    if (char === "\\") return this.#escape(false);
    if (char === "[") return this.#class();
    if (char === "(") return this.#group();
    if (char === "{") return this.#quantifier();
    this.#at++;
    if (char === ".") return this.#dotAll ? "(?s:.)" : `[^${LINE_END}]`;
    // A bare closing bracket is a literal in JavaScript without the `u` flag.
    return char === "]" || char === "}" ? `\\${char}` : char;
  }

  #group(): string {
    const rest = this.#source.slice(this.#at);
    if (/^\(\?(=|!|<=|<!)/.test(rest)) throw new Untranslatable();
    this.#at++;
    return "(";
  }

  #quantifier(): string {
    const found = QUANTIFIER.exec(this.#source.slice(this.#at));
    if (!found) throw new Untranslatable();
    this.#at += found[0].length;
    return found[0];
  }

  #class(): string {
    this.#at++;
    let out = "[";
    if (this.#source[this.#at] === "^") {
      out += "^";
      this.#at++;
    }
    if (this.#source[this.#at] === "]") throw new Untranslatable();
    while (this.#source[this.#at] !== "]") {
      const char = this.#source[this.#at];
      if (char === undefined) throw new Untranslatable();
      if (char === "\\") out += this.#escape(true);
      else {
        this.#at++;
        // Nested classes and set operations exist only in Rust's syntax.
        out += "[&~".includes(char) ? `\\${char}` : char;
      }
    }
    this.#at++;
    return out.replace(/--/g, "\\--") + "]";
  }

  #escape(inClass: boolean): string {
    const char = this.#source[this.#at + 1];
    if (char === undefined || /[1-9kcpP]/.test(char)) throw new Untranslatable();
    if (char === "u" || char === "x") return this.#codePoint();
    this.#at += 2;
    const sets: Record<string, string> = { d: DIGIT, w: WORD, s: SPACE };
    const set = sets[char.toLowerCase()];
    if (set !== undefined) {
      const negated = char !== char.toLowerCase();
      if (inClass && negated) throw new Untranslatable();
      return inClass ? set : `[${negated ? "^" : ""}${set}]`;
    }
    if (char === "b" || char === "B") {
      if (inClass) return "\\x08";
      return `(?-u:\\${char})`;
    }
    if (char === "0") return "\\x00";
    if (/[nrtfv]/.test(char)) return `\\${char}`;
    // An identity escape; Rust knows it for punctuation only.
    return /[A-Za-z0-9<>]/.test(char) ? char : `\\${char}`;
  }

  #codePoint(): string {
    const found = /^\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]+)\})/.exec(
      this.#source.slice(this.#at),
    );
    if (!found) throw new Untranslatable();
    const code = found[1] ?? found[2] ?? found[3]!;
    // Half of a surrogate pair means something only to an engine that sees code units.
    if (/^[dD][89A-Fa-f]/.test(code)) throw new Untranslatable();
    this.#at += found[0].length;
    return `\\u{${code}}`;
  }
}
