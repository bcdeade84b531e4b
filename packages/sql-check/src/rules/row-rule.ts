import { nearest } from "@twinloop/core-native/build-time";
import type { MigrationPlace, ResultColumn } from "../database/description.ts";
import type { FoundStatement, RowMember, RowShape } from "../source/found-statement.ts";
import type { SqlFinding } from "./sql-finding.ts";
import { holds, writtenType, type BigintOption } from "./read-values.ts";

/** Compares the type of a statement's rows with the columns of its result. */
export function rowFindings(
  statement: FoundStatement,
  columns: readonly ResultColumn[],
  bigint: BigintOption,
): SqlFinding[] {
  const { row, head } = statement;
  if (row === null) return [];
  // Of two columns with one name the row has the last.
  const byName = new Map(columns.map((column) => [column.name, column]));
  return row.members
    .flatMap((member): Omit<SqlFinding, "place">[] => {
      const column = byName.get(member.name);
      if (column === undefined) return member.isOptional ? [] : [missing(row, member, columns)];
      const misfit = typeFinding(row, member, column, bigint) ?? nullFinding(row, member, column);
      return misfit === undefined ? [] : [misfit];
    })
    .map((finding) => ({ ...finding, place: head }));
}

function missing(
  row: RowShape,
  { name }: RowMember,
  columns: readonly ResultColumn[],
): Omit<SqlFinding, "place"> {
  const names = columns.map((column) => column.name);
  const near = nearest(name, names);
  const has = names.length === 0 ? "returns no columns" : `returns ${names.join(", ")}`;
  const rename = near === null ? "" : ` Or name the column so: \`${near} as "${name}"\`.`;
  const hint =
    names.length === 0
      ? "Add `returning …`, or use `exec`."
      : `Select the column, or make the property optional.${rename}`;
  return {
    code: "sql_column",
    message: `${capital(row.printed)} has \`${name}\`, and the statement ${has}.`,
    hint,
  };
}

function typeFinding(
  row: RowShape,
  { name, shape }: RowMember,
  column: ResultColumn,
  bigint: BigintOption,
): Omit<SqlFinding, "place"> | undefined {
  const { type } = column;
  if (holds(shape, type, bigint)) return undefined;
  const read = writtenType(type, bigint);
  const message = `\`${name}\` of ${row.printed} is \`${shape.printed}\`, and ${described(column)} is read as \`${read}\`.`;
  return { code: "sql_column", message, hint: typeHint(column, read, shape.printed) };
}

function typeHint({ name, type, from }: ResultColumn, read: string, declared: string): string {
  const place = from?.place === undefined ? "" : ` ${said(from.place)}`;
  const cast =
    type.form === "int8" && /\bnumber\b/.test(declared)
      ? `, cast it (\`${from === undefined ? `…::int4 as ${name}` : `${name}::int4`}\`), or give the database \`bigint: "number"\``
      : ", or cast the column";
  return `Declare \`${read}\`${cast}.${place}`;
}

function nullFinding(
  row: RowShape,
  { name, shape }: RowMember,
  column: ResultColumn,
): Omit<SqlFinding, "place"> | undefined {
  if (column.nullability !== "possible" || shape.isAny || shape.kinds.includes("null")) return undefined;
  const because = column.because === undefined ? "" : `: ${column.because}`;
  const place = column.from?.place === undefined ? "" : ` ${said(column.from.place)}`;
  return {
    code: "sql_null",
    message: `\`${name}\` of ${row.printed} is \`${shape.printed}\`, and the column can be NULL${because}.`,
    hint: `Declare \`${shape.printed} | null\`, or give the statement a value for it: \`coalesce(…)\`, \`where … is not null\`.${place}`,
  };
}

function described({ name, type, from }: ResultColumn): string {
  return from === undefined
    ? `the column ${name} (${type.name})`
    : `${from.table}.${from.column} (${type.name})`;
}

/** The sentence that leads to a migration. */
function said({ file, line }: MigrationPlace): string {
  return `The column is declared at ${file}:${line}.`;
}

/** A sentence begins with a capital, but a type keeps its name. */
function capital(printed: string): string {
  return printed === "the row's type" ? "The row's type" : printed;
}
