/** One statement at the top level of a script. */
export interface Statement {
  /** The start of the statement's first word, in UTF-16 code units. */
  readonly start: number;
  /** The end of the statement, without its semicolon. */
  readonly end: number;
  /** The words outside of parentheses, strings and quoted names, in capitals; the first `MAX_WORDS` of them. */
  readonly words: readonly string[];
  /** The ranges of the texts in quotes or dollar quotes, without the quotes. */
  readonly bodies: readonly Body[];
}

/** The range of one quoted text. */
export interface Body {
  readonly start: number;
  readonly end: number;
}

/** A script split into statements and comments. */
export interface Script {
  readonly statements: readonly Statement[];
  /** The start and the text of each comment. */
  readonly comments: readonly { readonly start: number; readonly text: string }[];
}

/** Enough words to recognise any statement that is checked: a column list of `copy` is in parentheses. */
const MAX_WORDS = 40;

const WORD = /[\p{L}_\u0080-\uffff][\p{L}\p{N}_$\u0080-\uffff]*/uy;
const DOLLAR_TAG = /\$(?:[\p{L}_\u0080-\uffff][\p{L}\p{N}_\u0080-\uffff]*)?\$/uy;
const NUMBER = /\d[\p{L}\p{N}_.]*/uy;

/**
 * Splits a script into its statements, as psql does: at semicolons outside of quotes, comments, parentheses and the
 * bodies of `begin atomic`.
 *
 * Source: PostgreSQL, "Lexical Structure", and src/fe_utils/psqlscan.l for `begin … end` in the body of a function.
 */
export function readScript(sql: string): Script {
  return new Scanner(sql).read();
}

/**
 * Scans a script once, from front to back. A statement is open while `#start` is not negative; a semicolon ends it
 * only where neither parentheses nor blocks are open. What is unterminated, such as a string, ends with the script:
 * the server reports it.
 */
class Scanner {
  readonly #sql: string;
  readonly #statements: Statement[] = [];
  readonly #comments: { start: number; text: string }[] = [];
  #at = 0;
  #start = -1;
  #end = 0;
  #words: string[] = [];
  #bodies: Body[] = [];
  #parentheses = 0;
  /** The number of open `begin`s and `case`s in the body of a function. */
  #blocks = 0;

  constructor(sql: string) {
    this.#sql = sql;
  }

  /** Reads the whole script. */
  read(): Script {
    while (this.#at < this.#sql.length) this.#step();
    this.#finish();
    return { statements: this.#statements, comments: this.#comments };
  }

  /** Takes white space, a comment, the end of a statement, or one token of it. */
  #step(): void {
    const sql = this.#sql;
    const at = this.#at;
    const char = sql[at]!;
    if (/\s/.test(char)) return void this.#at++;
    if (char === "-" && sql[at + 1] === "-") return this.#comment(lineEnd(sql, at));
    if (char === "/" && sql[at + 1] === "*") return this.#comment(blockEnd(sql, at));
    if (char === ";" && this.#parentheses === 0 && this.#blocks === 0) {
      this.#finish();
      return void this.#at++;
    }
    if (this.#start < 0) this.#start = at;
    this.#token(char);
    this.#end = this.#at;
  }

  /**
   * Takes one token. A word goes first: the prefix of `E'…'` is a word, and a word may contain `$`, which would
   * otherwise begin a dollar quote.
   */
  #token(char: string): void {
    const at = this.#at;
    const word = match(WORD, this.#sql, at);
    if (word !== undefined) return this.#word(word);
    const number = match(NUMBER, this.#sql, at);
    if (number !== undefined) return void (this.#at = at + number.length);
    if (char === "'") return this.#quoted(at + 1, "'", false);
    if (char === '"') return void (this.#at = closing(this.#sql, at + 1, '"', false) + 1);
    const tag = match(DOLLAR_TAG, this.#sql, at);
    if (tag !== undefined) return this.#dollarQuoted(tag);
    if (char === "(") this.#parentheses++;
    if (char === ")") this.#parentheses = Math.max(0, this.#parentheses - 1);
    this.#at++;
  }

  /** Takes a word, and the string behind it where the word is the prefix `E`. Words in parentheses are not kept. */
  #word(word: string): void {
    this.#at += word.length;
    const next = this.#sql[this.#at];
    // E'…' has backslash escapes; U&'…', b'…', x'…' and n'…' have not.
    if (/^e$/i.test(word) && next === "'") return this.#quoted(this.#at + 1, "'", true);
    if (this.#parentheses > 0) return;
    const upper = word.toUpperCase();
    if (makesRoutine(this.#words)) this.#countBlocks(upper);
    if (this.#words.length < MAX_WORDS) this.#words.push(upper);
  }

  /** Counts the blocks of a `begin atomic` body; `case` has an `end` too, but only counts within such a body. */
  #countBlocks(word: string): void {
    if (word === "BEGIN" || (word === "CASE" && this.#blocks > 0)) this.#blocks++;
    else if (word === "END" && this.#blocks > 0) this.#blocks--;
  }

  /** Takes a string, whose content is kept as a body: it may be the code of a function. */
  #quoted(from: number, quote: string, escapes: boolean): void {
    const end = closing(this.#sql, from, quote, escapes);
    this.#bodies.push({ start: from, end });
    this.#at = end + 1;
  }

  /** Takes a dollar-quoted text up to the same tag, the only thing that ends it. */
  #dollarQuoted(tag: string): void {
    const start = this.#at + tag.length;
    const found = this.#sql.indexOf(tag, start);
    const end = found < 0 ? this.#sql.length : found;
    this.#bodies.push({ start, end });
    this.#at = found < 0 ? end : end + tag.length;
  }

  #comment(end: number): void {
    this.#comments.push({ start: this.#at, text: this.#sql.slice(this.#at, end) });
    this.#at = end;
  }

  /** Ends the open statement, where there is one, and begins anew. */
  #finish(): void {
    if (this.#start >= 0) {
      const { start, end, words, bodies } = {
        start: this.#start,
        end: this.#end,
        words: this.#words,
        bodies: this.#bodies,
      };
      this.#statements.push({ start, end, words, bodies });
    }
    this.#start = -1;
    this.#words = [];
    this.#bodies = [];
    this.#parentheses = this.#blocks = 0;
  }
}

/** Whether the words begin a statement whose body may be `begin atomic … end`. */
function makesRoutine(words: readonly string[]): boolean {
  if (words[0] !== "CREATE") return false;
  const kind = words[1] === "OR" ? words[3] : words[1];
  return kind === "FUNCTION" || kind === "PROCEDURE";
}

/** Matches a sticky pattern at one index; such a pattern keeps its place, hence the reset. */
function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** The end of a line comment: its line's end, or the script's. */
function lineEnd(sql: string, from: number): number {
  const end = sql.indexOf("\n", from);
  return end < 0 ? sql.length : end;
}

/** The end of a block comment; block comments nest. */
function blockEnd(sql: string, from: number): number {
  let depth = 0;
  for (let at = from; at < sql.length; at++) {
    const pair = sql.slice(at, at + 2);
    if (pair === "/*") depth++;
    else if (pair === "*/") depth--;
    else continue;
    at++;
    if (depth === 0) return at + 1;
  }
  return sql.length;
}

/** The index of the closing quote; a doubled quote is an escaped one. */
function closing(sql: string, from: number, quote: string, escapes: boolean): number {
  for (let at = from; at < sql.length; at++) {
    if (escapes && sql[at] === "\\") at++;
    else if (sql[at] === quote) {
      if (sql[at + 1] !== quote) return at;
      at++;
    }
  }
  return sql.length;
}
