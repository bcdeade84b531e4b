import { applyEdits, modify, parse, type JSONPath } from "jsonc-parser";

/** A JSON text with comments, edited in place: what is not changed stays as it was written. */
export class JsonText {
  #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text as it stands. */
  get text(): string {
    return this.#text;
  }

  /** The value that the text stands for; comments and trailing commas are allowed. */
  get value(): unknown {
    return parse(this.#text, [], { allowTrailingComma: true });
  }

  /** The value at a path; undefined where there is none. */
  at(...path: readonly string[]): unknown {
    let value = this.value;
    for (const key of path) {
      if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
      value = (value as Readonly<Record<string, unknown>>)[key];
    }
    return value;
  }

  /** Sets the value at a path; `undefined` removes it. */
  set(path: JSONPath, value: unknown): void {
    const indent = /^(?<indent>[ \t]+)\S/m.exec(this.#text)?.groups?.["indent"] ?? "  ";
    const formattingOptions = {
      insertSpaces: !indent.startsWith("\t"),
      tabSize: indent.startsWith("\t") ? 1 : indent.length,
      eol: this.#text.includes("\r\n") ? "\r\n" : "\n",
    };
    this.#text = applyEdits(this.#text, modify(this.#text, path, value, { formattingOptions }));
  }

  /** The line of the first place where a quoted key stands, from 1; 0 where it stands nowhere. */
  lineOf(key: string): number {
    const at = this.#text.indexOf(JSON.stringify(key));
    return at === -1 ? 0 : this.#text.slice(0, at).split("\n").length;
  }
}
