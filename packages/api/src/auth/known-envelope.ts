import { revive } from "@twinloop/core-native/internal";
import type { AuthData, KnownCaller } from "./auth-data.ts";

/** The codes of `K`, `;` and `0`. */
const MARK = 75;
const SEMICOLON = 59;
const ZERO = 48;

const NO_NAMES: readonly string[] = [];
/** The flag of data that are tagged text: dates, bigints or bytes are in it. */
const TAGGED_DATA = 1;
/** The flag of a request that is tagged text. */
const TAGGED_REQUEST = 2;

/**
 * The text of a job whose caller Rust knows: `K<handler>;<flags>;<length>;<data><request>`, where both are JSON. What nobody asks
 * for is not parsed: the data of a caller for most requests.
 *
 * Shape:  `handler` is an index of the gateway, `flags` one digit, and `length` that of the data in UTF-16, as JavaScript counts.
 *         The request is empty for an endpoint without input.
 * Example: `K0;0;16;{"userID":"ann"}{"page":2}`
 */
export class KnownEnvelope implements KnownCaller {
  readonly #text: string;
  #handler = 0;
  #flags = 0;
  /** Where the data begin, and where they end and the request begins; 0 until somebody asks for any of it. */
  #begin = 0;
  #end = 0;
  /** The request's input where it came as a frame. */
  readonly #read: unknown;
  #names: readonly string[] = NO_NAMES;
  #parsed: AuthData | undefined;

  /** Whether a job's text is one; JSON never begins like it. */
  static is(text: string): boolean {
    return text.charCodeAt(0) === MARK;
  }

  /** `read` is the request's input where it is no part of the text. */
  constructor(text: string, read?: unknown) {
    this.#text = text;
    this.#read = read;
  }

  /** Takes the text apart, where nobody has done so yet. */
  #takeApart(): void {
    if (this.#begin > 0) return;
    const text = this.#text;
    // Read digit by digit: texts that are cut out and searched cost more.
    let at = 1;
    let handler = 0;
    for (let code = text.charCodeAt(at); code !== SEMICOLON; code = text.charCodeAt(++at))
      handler = handler * 10 + code - ZERO;
    this.#handler = handler;
    this.#flags = text.charCodeAt(at + 1) - ZERO;
    at += 3;
    let length = 0;
    for (let code = text.charCodeAt(at); code !== SEMICOLON; code = text.charCodeAt(++at))
      length = length * 10 + code - ZERO;
    this.#begin = at + 1;
    this.#end = at + 1 + length;
  }

  /** The request's input; `undefined` where it has none. */
  request(): unknown {
    this.#takeApart();
    if (this.#end === this.#text.length) return this.#read;
    return parse(this.#text.slice(this.#end), (this.#flags & TAGGED_REQUEST) !== 0);
  }

  /** The caller, by the names of the auth handlers: the envelope itself. */
  caller(names: readonly string[]): KnownCaller {
    this.#names = names;
    return this;
  }

  get handler(): string | undefined {
    this.#takeApart();
    return this.#names[this.#handler];
  }

  /** The caller's data, parsed when they are first asked for. */
  get data(): AuthData {
    if (this.#parsed === undefined) {
      this.#takeApart();
      const text = this.#text.slice(this.#begin, this.#end);
      this.#parsed = parse(text, (this.#flags & TAGGED_DATA) !== 0) as AuthData;
    }
    return this.#parsed;
  }
}

function parse(text: string, isTagged: boolean): unknown {
  const value: unknown = JSON.parse(text);
  return isTagged ? revive(value) : value;
}
