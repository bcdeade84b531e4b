import type { RowForm } from "@twinloop/core-native/internal";
import { SQLError } from "../error.ts";
import { compile } from "./sql.ts";
import type { Columns } from "./row.ts";
import { toText } from "../argument/text.ts";
import { unreadable } from "../argument/unreadable.ts";

/** A statement's text and its known columns. */
export class Statement {
  readonly text: string;
  /** The text as JSON, encoded once. */
  readonly json: string;
  /** The columns of the statement's last result. */
  columns: Columns | undefined;
  /** The number of the form in which the rows were last written into an answer; 0 for none. */
  form = 0;
  /** A form in which no rows of the statement can be written. */
  otherForm: RowForm | undefined;
  /** The columns of the last result that was requested as text. */
  textColumns: Columns | undefined;

  constructor(text: string) {
    this.text = toText("the text of a statement", text);
    this.json = JSON.stringify(this.text);
  }
}

/** Refuses a tag that is called as a function, whose first argument would be taken for a template. */
function requireTemplate(strings: unknown, values: readonly unknown[]): void {
  if (Array.isArray(strings) && strings.length === values.length + 1) return;
  throw new SQLError(
    "invalid_parameter",
    "query, queryAll, queryRow and exec are template tags: write queryAll`select …`; for a text use rawQuery, rawQueryAll, rawQueryRow or rawExec",
  );
}

const MAX_STATEMENTS = 1000;

/** The statements of one database, by template and by text. */
export class Statements {
  readonly #byTemplate = new WeakMap<readonly string[], Statement>();
  readonly #byText = new Map<string, Statement>();

  /** The statement of a template with these values, and its parameters. */
  ofTemplate(
    strings: readonly string[],
    values: readonly unknown[],
  ): { readonly statement: Statement; readonly values: readonly unknown[] } {
    try {
      return this.#ofTemplate(strings, values);
    } catch (error) {
      throw unreadable("a template", error);
    }
  }

  #ofTemplate(
    strings: readonly string[],
    values: readonly unknown[],
  ): { readonly statement: Statement; readonly values: readonly unknown[] } {
    requireTemplate(strings, values);
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
      // Cleared as a whole: statements in use are added again at their next use.
      if (this.#byText.size >= MAX_STATEMENTS) this.#byText.clear();
      statement = new Statement(text);
      this.#byText.set(text, statement);
    }
    return statement;
  }
}
