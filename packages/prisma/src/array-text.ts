/**
 * Parses an array as the server writes it: `{1,NULL,"a \"b\"",{2}}`.
 *
 * Shape:  the text and a parser of one element -> an array, nested as the text is. Bounds (`[0:1]={…}`) are dropped.
 * Source: PostgreSQL, "Array Input and Output Syntax".
 */
export function parseArray(text: string, element: (text: string) => unknown): unknown[] {
  const reader = new ArrayReader(text, element);
  return reader.list();
}

/** Reads an array from front to back; `#at` is the index of the next character. */
class ArrayReader {
  readonly #text: string;
  readonly #element: (text: string) => unknown;
  #at: number;

  constructor(text: string, element: (text: string) => unknown) {
    this.#text = text;
    this.#element = element;
    this.#at = text.indexOf("{");
  }

  /** Parses a list, from its opening brace to the closing one. */
  list(): unknown[] {
    const items: unknown[] = [];
    this.#at++;
    while (this.#at < this.#text.length && this.#text[this.#at] !== "}") {
      items.push(this.#item());
      if (this.#text[this.#at] === ",") this.#at++;
    }
    this.#at++;
    return items;
  }

  /** Reads one element: a nested list, a quoted text, or a bare word, of which `NULL` is null and `"NULL"` is text. */
  #item(): unknown {
    if (this.#text[this.#at] === "{") return this.list();
    if (this.#text[this.#at] === '"') return this.#element(this.#quoted());
    const from = this.#at;
    while (this.#at < this.#text.length && !",}".includes(this.#text[this.#at]!)) this.#at++;
    const word = this.#text.slice(from, this.#at);
    return word === "NULL" ? null : this.#element(word);
  }

  /** Reads a text in quotes, in which a backslash protects the next character. */
  #quoted(): string {
    let value = "";
    for (this.#at++; this.#at < this.#text.length && this.#text[this.#at] !== '"'; this.#at++) {
      if (this.#text[this.#at] === "\\") this.#at++;
      value += this.#text[this.#at];
    }
    this.#at++;
    return value;
  }
}
