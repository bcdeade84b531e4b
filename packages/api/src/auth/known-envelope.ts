import { revive } from "@twinloop/core-native/internal";
import type { AuthData, KnownCaller } from "./auth-data.ts";

/** The code of `K`. */
const MARK = 75;
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
export class KnownEnvelope {
  readonly #text: string;
  readonly #handler: number;
  readonly #flags: number;
  readonly #data: number;
  readonly #request: number;
  /** The request's input where it came as a frame. */
  readonly #read: unknown;

  /** Whether a job's text is one; JSON never begins like it. */
  static is(text: string): boolean {
    return text.charCodeAt(0) === MARK;
  }

  /** Takes the text apart; `read` is the request's input where it is no part of the text. */
  constructor(text: string, read?: unknown) {
    this.#read = read;
    const handler = text.indexOf(";");
    const flags = handler + 2;
    const length = text.indexOf(";", flags + 1);
    this.#text = text;
    this.#handler = Number(text.slice(1, handler));
    this.#flags = text.charCodeAt(handler + 1) - 48;
    this.#data = length + 1;
    this.#request = length + 1 + Number(text.slice(flags + 1, length));
  }

  /** The request's input; `undefined` where it has none. */
  request(): unknown {
    const text = this.#text.slice(this.#request);
    return text === "" ? this.#read : parse(text, (this.#flags & TAGGED_REQUEST) !== 0);
  }

  /** The caller, by the names of the auth handlers. */
  caller(names: readonly string[]): KnownCaller {
    const text = this.#text.slice(this.#data, this.#request);
    return new ParsedCaller(names[this.#handler], text, (this.#flags & TAGGED_DATA) !== 0);
  }
}

/** A caller whose data is parsed when it is asked for. */
class ParsedCaller implements KnownCaller {
  readonly handler: string | undefined;
  readonly #isTagged: boolean;
  #text: string;
  #data: AuthData | undefined;

  constructor(handler: string | undefined, text: string, isTagged: boolean) {
    this.handler = handler;
    this.#text = text;
    this.#isTagged = isTagged;
  }

  get data(): AuthData {
    if (this.#data === undefined) {
      this.#data = parse(this.#text, this.#isTagged) as AuthData;
      this.#text = "";
    }
    return this.#data;
  }
}

function parse(text: string, isTagged: boolean): unknown {
  const value: unknown = JSON.parse(text);
  return isTagged ? revive(value) : value;
}
