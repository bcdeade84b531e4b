import { SQLError } from "../error.ts";
import { toText } from "../argument/text.ts";
import { reading } from "../argument/unreadable.ts";

/**
 * A piece of SQL with its values, to be put into a statement or into another piece.
 *
 * The text comes from the program, never from data: values become parameters wherever the piece is used.
 */
export class Fragment {
  readonly strings: readonly string[];
  readonly values: readonly unknown[];

  constructor(strings: readonly string[], values: readonly unknown[]) {
    this.strings = strings;
    this.values = values;
  }
}

/** A statement's text with `$1`, `$2`, … and the values of these parameters. */
export interface Compiled {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** The tag `sql` and its functions that build pieces. */
export interface SqlTag {
  (strings: TemplateStringsArray, ...values: unknown[]): Fragment;
  /** Quotes the name of a table, column or the like; several names are joined by dots. */
  identifier(...names: string[]): Fragment;
  /** Joins pieces or values, by `, ` unless another separator is given. */
  join(parts: readonly unknown[], separator?: Fragment): Fragment;
  /** A piece of unchecked text. Data passed here is executed as SQL. */
  unsafe(text: string): Fragment;
}

/**
 * Builds a piece of SQL: values become parameters, pieces become part of the text.
 *
 * Example: `` const open = sql`closed_at is null and owner = ${id}`; db.queryAll`select * from jobs where ${open}` ``
 */
export const sql: SqlTag = Object.assign(
  (strings: TemplateStringsArray, ...values: unknown[]) => new Fragment(strings, values),
  {
    identifier: (...names: string[]) => new Fragment([names.map(quoteIdentifier).join(".")], []),
    join(given: readonly unknown[], separator: Fragment = COMMA) {
      const parts = reading("the parts of sql.join", () => [...given]);
      if (parts.length === 0) throw new SQLError("invalid_parameter", "sql.join needs at least one part");
      const values = parts.flatMap((part, index) => (index > 0 ? [separator, part] : [part]));
      return new Fragment(["", ...values.map(() => "")], values);
    },
    unsafe: (text: string) => new Fragment([toText("the text of sql.unsafe", text)], []),
  },
);

const COMMA = new Fragment([", "], []);

function quoteIdentifier(name: string): string {
  if (typeof name !== "string" || name === "" || name.includes("\0")) {
    throw new SQLError("invalid_parameter", "an identifier is a string that is not empty and holds no NUL");
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/** The texts of templates without pieces, by template. */
const plainTexts = new WeakMap<readonly string[], string>();

/** Compiles a template to a text and its values. */
export function compile(strings: readonly string[], values: readonly unknown[]): Compiled {
  for (let index = 0; index < values.length; index++) {
    if (values[index] instanceof Fragment) return flatten(strings, values);
  }
  let text = plainTexts.get(strings);
  if (text === undefined) {
    text = strings.reduce((all, string, index) => `${all}$${index}${string}`);
    plainTexts.set(strings, text);
  }
  return { text, values };
}

function flatten(strings: readonly string[], values: readonly unknown[]): Compiled {
  let text = "";
  const flat: unknown[] = [];
  const add = (strings: readonly string[], values: readonly unknown[]): void => {
    strings.forEach((string, index) => {
      text += string;
      if (index >= values.length) return;
      const value = values[index];
      if (value instanceof Fragment) add(value.strings, value.values);
      else text += `$${flat.push(value)}`;
    });
  };
  add(strings, values);
  return { text, values: flat };
}
