/** A JSON document with what JSON.parse forgets: repeated names, and numbers as they are written. */
export type Doc =
  | { readonly is: "null" }
  | { readonly is: "boolean"; readonly value: boolean }
  | { readonly is: "number"; readonly raw: string; readonly value: number }
  | { readonly is: "string"; readonly value: string }
  | { readonly is: "list"; readonly items: readonly Doc[] }
  | { readonly is: "members"; readonly members: readonly (readonly [name: string, value: Doc])[] };

/** Containers that may stand in each other. */
const MAX_DEPTH = 128;

/**
 * Reads a document; undefined when it is none by RFC 8259, holds a lone surrogate, or is too deep.
 *
 * Whether it is JSON at all is for JSON.parse to say, which cannot be asked about the rest.
 */
export function readDocument(text: string): Doc | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  const reader = new Reader(text);
  const document = reader.value(0);
  return reader.isRefused ? undefined : document;
}

/** Takes a text apart that is known to be JSON. */
class Reader {
  isRefused = false;
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = text.match(/"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s[\]{}:,"]+/gsu) ?? [];
  }

  value(depth: number): Doc {
    const token = this.#next();
    if (token === "[" || token === "{") {
      // What is deeper is passed over flat, so that no stack is needed for it.
      if (depth === MAX_DEPTH) this.isRefused = true;
      if (this.isRefused) return { is: "null" };
      return token === "[" ? this.#list(depth + 1) : this.#members(depth + 1);
    }
    if (token === "null") return { is: "null" };
    if (token === "true" || token === "false") return { is: "boolean", value: token === "true" };
    if (token.startsWith('"')) return { is: "string", value: this.#text(token) };
    return { is: "number", raw: token, value: Number(token) };
  }

  #list(depth: number): Doc {
    const items: Doc[] = [];
    while (!this.isRefused && !this.#skips("]")) {
      items.push(this.value(depth));
      this.#skips(",");
    }
    return { is: "list", items };
  }

  #members(depth: number): Doc {
    const members: [string, Doc][] = [];
    while (!this.isRefused && !this.#skips("}")) {
      const name = this.#text(this.#next());
      this.#skips(":");
      members.push([name, this.value(depth)]);
      this.#skips(",");
    }
    return { is: "members", members };
  }

  #text(token: string): string {
    const text = JSON.parse(token) as string;
    if (/\p{Surrogate}/u.test(text)) this.isRefused = true;
    return text;
  }

  #next(): string {
    return this.#tokens[this.#at++] ?? "null";
  }

  #skips(token: string): boolean {
    const is = this.#tokens[this.#at] === token;
    if (is) this.#at++;
    return is;
  }
}
