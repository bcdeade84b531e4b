import type { Column } from "../statement/row.ts";

/** A column of a result in node-postgres' form. */
export interface PoolField {
  readonly name: string;
  readonly dataTypeID: number;
  readonly format: "text";
  /** Always 0: the server is not asked for a column's table. */
  readonly tableID: number;
  readonly columnID: number;
  readonly dataTypeSize: number;
  readonly dataTypeModifier: number;
}

/** A result in node-postgres' form. */
export interface PoolResult {
  // oxlint-disable-next-line typescript/no-explicit-any -- what node-postgres declares.
  readonly rows: any[];
  /** The columns of the rows, in order. */
  readonly fields: PoolField[];
  /** The first word of the server's command tag: `INSERT` also for one that follows a `with`. */
  readonly command: string;
  /** Rows returned or changed; `null` for a statement that counts none, such as `create table`. */
  readonly rowCount: number | null;
  /** Whether each row is an array of its values, as `rowMode: "array"` asks. */
  readonly rowAsArray: boolean;
  /** The oid of the command tag of an `INSERT`, which is 0 in current servers; `null` for other statements. */
  readonly oid: number | null;
}

/** Parses a command tag. Source: PostgreSQL, "Message Formats", CommandComplete; node-postgres, lib/result.js. */
export function readTag(tag: string): Pick<PoolResult, "command" | "rowCount" | "oid"> {
  const [, command, first, second] = /^([A-Za-z]+)(?: (\d+))?(?: (\d+))?/.exec(tag) ?? [];
  if (command === undefined) return { command: null as unknown as string, rowCount: null, oid: null };
  if (second !== undefined) return { command, oid: Number(first), rowCount: Number(second) };
  return { command, oid: null, rowCount: first === undefined ? null : Number(first) };
}

/** Converts a column of a result to node-postgres' form. */
export function toField({ name, type }: Column): PoolField {
  const unasked = { tableID: 0, columnID: 0, dataTypeSize: -1, dataTypeModifier: -1 };
  return { name, dataTypeID: type, format: "text", ...unasked };
}
