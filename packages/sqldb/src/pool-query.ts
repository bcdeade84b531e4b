import type { Runner } from "./queryable.ts";
import { VALUES_FROM, type Batch, type Column, type Row } from "./row.ts";

/** A statement as node-postgres takes it. */
export interface PoolQuery {
  readonly text: string;
  readonly values?: readonly unknown[];
  /** Ignored: every statement is prepared, under a name of its own. */
  readonly name?: string;
  /** Rows as arrays. */
  readonly rowMode?: "array";
  /** Reads values from the server's text, by the type's OID. */
  readonly types?: TypeParsers;
}

/** Where libraries take the parser of a type from. */
export interface TypeParsers {
  getTypeParser(oid: number, format?: "text"): (text: string) => unknown;
}

/** A column, as node-postgres describes it. */
export interface PoolField {
  readonly name: string;
  readonly dataTypeID: number;
  readonly format: "text";
}

/** A result, as node-postgres gives it. */
export interface PoolResult {
  // oxlint-disable-next-line typescript/no-explicit-any -- what node-postgres declares.
  readonly rows: any[];
  readonly fields: PoolField[];
  /** The statement's first word, in capitals. */
  readonly command: string;
  /** Rows returned or changed. */
  readonly rowCount: number;
  readonly rowAsArray: boolean;
  readonly oid: null;
}

/** Runs a statement in the manner of node-postgres. */
export async function runPoolQuery(
  runner: Runner,
  query: string | PoolQuery,
  values: readonly unknown[] | undefined,
): Promise<PoolResult> {
  const config: PoolQuery = typeof query === "string" ? { text: query } : query;
  const statement = runner.place.statements.ofText(config.text);
  const parameters = values ?? config.values ?? [];
  const asArray = config.rowMode === "array";
  const batch = await runner.run(statement, parameters, config.types !== undefined);
  if (config.types) parse(batch, config.types);
  const { columns, hasNaN } = batch;
  const rows: (Row | unknown[])[] = asArray
    ? columns.buildArrays(batch.values, VALUES_FROM, hasNaN)
    : columns.build(batch.values, VALUES_FROM, hasNaN);
  return {
    rows,
    fields: columns.list.map(toField),
    command: commandOf(config.text),
    rowCount: batch.affected,
    rowAsArray: asArray,
    oid: null,
  };
}

function toField({ name, type }: Column): PoolField {
  return { name, dataTypeID: type, format: "text" };
}

/** Replaces the texts of a batch by what the caller's parsers make of them. */
function parse({ columns, values }: Batch, types: TypeParsers): void {
  const width = columns.names.length;
  columns.list.forEach(({ type }, index) => {
    const parser = types.getTypeParser(type, "text");
    for (let at = VALUES_FROM + index; at < values.length; at += width) {
      if (values[at] !== null) values[at] = parser(values[at] as string);
    }
  });
}

function commandOf(text: string): string {
  return (/^[\s(;]*(?:--.*\n\s*|\/\*[^]*?\*\/\s*)*([a-z]+)/i.exec(text)?.[1] ?? "").toUpperCase();
}
