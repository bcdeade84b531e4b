import { compile } from "./sql.ts";
import type { Columns } from "./row.ts";

/** A statement's text and what has been learnt of it. */
export class Statement {
  readonly text: string;
  /** The text as JSON, written once. */
  readonly json: string;
  /** The columns of its last result. */
  columns: Columns | undefined;
  /** The same when all values are asked for as text, which gives other columns. */
  textColumns: Columns | undefined;

  constructor(text: string) {
    this.text = text;
    this.json = JSON.stringify(text);
  }
}

const MAX_STATEMENTS = 1000;

/** The statements of one database, by template where they come from one and by text. */
export class Statements {
  readonly #byTemplate = new WeakMap<readonly string[], Statement>();
  readonly #byText = new Map<string, Statement>();

  /** The statement of a template with these values, and its parameters. */
  ofTemplate(
    strings: readonly string[],
    values: readonly unknown[],
  ): { readonly statement: Statement; readonly values: readonly unknown[] } {
    const known = this.#byTemplate.get(strings);
    const compiled = compile(strings, values);
    if (known && compiled.values === values) return { statement: known, values };
    const statement = this.ofText(compiled.text);
    if (compiled.values === values) this.#byTemplate.set(strings, statement);
    return { statement, values: compiled.values };
  }

  /** The statement of a text. */
  ofText(text: string): Statement {
    let statement = this.#byText.get(text);
    if (!statement) {
      // All at once, because what is used will be back at its next use.
      if (this.#byText.size >= MAX_STATEMENTS) this.#byText.clear();
      statement = new Statement(text);
      this.#byText.set(text, statement);
    }
    return statement;
  }
}
