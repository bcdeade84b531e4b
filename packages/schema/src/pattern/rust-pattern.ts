/**
 * Reading patterns of Rust's `regex` crate, for the side of JavaScript: answers are checked here by the patterns by
 * which the crate checks requests. JavaScript's own engine would read some of them differently, and takes exponential
 * time for others.
 */
import { PatternProgram, type CharacterSet, type Part } from "./pattern-program.ts";

/** The characters of `\w`. Source: docs of the `regex` crate, "Unicode"; UTS #18, Annex C. */
const WORD = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}";
/** The sets of `\d`, `\s` and `\w`, which are Unicode's here, in JavaScript's syntax. */
const SETS: Readonly<Record<string, string>> = { d: "\\p{Nd}", s: "\\p{White_Space}", w: WORD };
const CONTROLS: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11, a: 7 };
const REPEAT = /^(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/;

/** Thrown for unsupported syntax; caught in this file. */
class Unreadable extends Error {}

/**
 * Compiles a pattern in the syntax of Rust's `regex` crate to a test that is linear in the text, as the crate's is.
 *
 * Shape:  the pattern -> a search for it; `undefined` for syntax that only the crate supports: word boundaries, lines,
 * set operations in classes, flags other than a leading `i` or `s`, and patterns of more than 5 000 steps.
 * Source: docs of the `regex` crate, "Syntax".
 */
export function compileRustPattern(pattern: string): ((text: string) => boolean) | undefined {
  try {
    const program = new PatternProgram(new PatternReader(pattern).read());
    return (text) => program.finds(text);
  } catch {
    return undefined;
  }
}

/** Reads a pattern by recursive descent: choices of sequences of repeated atoms. */
class PatternReader {
  #rest: string;
  readonly #fold: boolean;
  readonly #dotAll: boolean;

  constructor(pattern: string) {
    this.#rest = pattern;
    const flags = this.#take(/^\(\?([is]+)\)/)?.[1] ?? "";
    this.#fold = flags.includes("i");
    this.#dotAll = flags.includes("s");
  }

  read(): Part {
    const part = this.#choice();
    if (this.#rest !== "") throw new Unreadable();
    return part;
  }

  /** Takes what the expression matches at the front of the rest; `undefined` where it does not match. */
  #take(syntax: RegExp): RegExpExecArray | undefined {
    const found = syntax.exec(this.#rest);
    if (!found) return undefined;
    this.#rest = this.#rest.slice(found[0].length);
    return found;
  }

  /** Reads alternatives, up to a closing parenthesis or the end. */
  #choice(): Part {
    const parts = [this.#sequence()];
    while (this.#take(/^\|/)) parts.push(this.#sequence());
    return parts.length === 1 ? parts[0]! : { kind: "choice", parts };
  }

  /** Reads atoms one behind another. */
  #sequence(): Part {
    const parts: Part[] = [];
    while (this.#rest !== "" && !/^[|)]/.test(this.#rest)) parts.push(this.#repeated());
    return { kind: "sequence", parts };
  }

  /** Reads an atom with its repetitions. Lazy ones find the same texts as greedy ones, so their `?` is dropped. */
  #repeated(): Part {
    let part = this.#atom();
    for (let repeat = this.#take(REPEAT); repeat; repeat = this.#take(REPEAT)) {
      const [, sign, first, comma, last] = repeat;
      const least = sign ? (sign === "+" ? 1 : 0) : Number(first);
      const most = sign ? (sign === "?" ? 1 : Infinity) : comma ? (last ? Number(last) : Infinity) : least;
      part = { kind: "repeat", part, least, most };
    }
    return part;
  }

  /** Reads a group, an anchor, a dot or a class. */
  #atom(): Part {
    if (this.#take(/^\(\?s:\.\)/)) return { kind: "set", has: () => true };
    if (this.#take(/^\((?:\?:|\?P?<\w+>|(?!\?))/)) {
      const inner = this.#choice();
      if (!this.#take(/^\)/)) throw new Unreadable();
      return inner;
    }
    if (this.#take(/^(?:\^|\\A)/)) return { kind: "start" };
    if (this.#take(/^(?:\$|\\z)/)) return { kind: "end" };
    if (this.#take(/^\./)) return { kind: "set", has: this.#dotAll ? () => true : (code) => code !== 10 };
    return { kind: "set", has: this.#set(this.#take(/^\[/) ? this.#class() : this.#single()) };
  }

  /** Makes the test of a class, by a JavaScript expression over one character. */
  #set(source: string): CharacterSet {
    const expression = new RegExp(`^${source}$`, this.#fold ? "iu" : "u");
    return (code) => expression.test(String.fromCodePoint(code));
  }

  /** Reads one character or named set outside of a class. */
  #single(): string {
    if (/^[*+?{()]/.test(this.#rest)) throw new Unreadable();
    return `[${this.#namedSet(true) ?? written(this.#character())}]`;
  }

  /** Reads the rest of a class, behind its bracket, in JavaScript's syntax. */
  #class(): string {
    let source = this.#take(/^\^/) ? "[^" : "[";
    if (this.#take(/^\]/)) source += "\\]";
    while (!this.#take(/^\]/)) {
      if (this.#rest === "" || /^(?:\[|&&|--|~~)/.test(this.#rest)) throw new Unreadable();
      const set = this.#namedSet(false);
      // A hyphen between two characters is a range in both syntaxes, so it is kept.
      source += set ?? (this.#take(/^-(?!\])/) ? "-" : written(this.#character()));
    }
    return `${source}]`;
  }

  /** Parses a named class and returns it as the inside of a JavaScript class. */
  #namedSet(alone: boolean): string | undefined {
    const property = this.#take(/^\\([pP])(?:\{(\w+)\}|(\w))/);
    if (property) return `\\${property[1]}{${property[2] ?? property[3]}}`;
    const name = this.#take(/^\\([dswDSW])/)?.[1];
    if (name === undefined) return undefined;
    const set = SETS[name.toLowerCase()]!;
    if (name === name.toLowerCase()) return set;
    if (name !== "W") return set.replace("\\p", "\\P");
    if (!alone) throw new Unreadable();
    return `^${set}`;
  }

  /** Reads one character, as it is or escaped. Escapes of letters that stand for no character are unreadable. */
  #character(): number {
    const hex = this.#take(/^\\(?:[xuU]\{([0-9A-Fa-f]{1,6})\}|x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4}))/);
    if (hex) return Number.parseInt(hex[1] ?? hex[2] ?? hex[3]!, 16);
    const escaped = this.#take(/^\\([^])/u)?.[1];
    if (escaped === undefined) return this.#take(/^[^]/u)![0].codePointAt(0)!;
    if (Object.hasOwn(CONTROLS, escaped)) return CONTROLS[escaped]!;
    if (/[A-Za-z0-9<>]/.test(escaped)) throw new Unreadable();
    return escaped.codePointAt(0)!;
  }
}

/** Escapes a character so that it is a literal inside a JavaScript class. */
function written(code: number): string {
  return `\\u{${code.toString(16)}}`;
}
