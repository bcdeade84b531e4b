import { reading } from "../argument/unreadable.ts";
import { rowsOf, type Batch, type Row } from "./row.ts";

/** The option that requests the results of all statements of a text. */
export interface Multi {
  readonly multi: true;
}

/** The rows of one of several statements, with its command. */
export type StatementRows<T extends Row = Row> = T[] & {
  /** The command, such as `SELECT`, `INSERT` or `CREATE TABLE`; empty for an empty statement. */
  readonly command: string;
  /** The number of rows that were returned or changed. */
  readonly affected: number;
};

/**
 * Whether the arguments of a query request all results. A text that contains `$1` takes the object as its parameter.
 */
export function asksForAll(text: string, parameters: readonly unknown[]): boolean {
  const [options] = parameters;
  if (parameters.length !== 1 || typeof options !== "object" || options === null) return false;
  return reading("a parameter", () => {
    const keys = Object.keys(options);
    return keys.length === 1 && (options as Partial<Multi>).multi === true && !text.includes("$1");
  });
}

/** Builds the rows of a batch, with their command. */
export function statementRows<T extends Row>(batch: Batch): StatementRows<T> {
  const { affected, tag } = batch;
  const command = tag.replace(/(?: \d+)+$/, "");
  const rows = rowsOf(batch) as T[];
  const told = { command: { value: command }, affected: { value: affected } };
  return Object.defineProperties(rows, told) as StatementRows<T>;
}
