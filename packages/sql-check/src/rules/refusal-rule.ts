import type { CatalogueColumn } from "../database/catalogue.ts";
import type { ServerRefusal } from "../database/description.ts";
import { escaped } from "../database/escaped.ts";
import { indexOfPosition, tokenLengthAt, type ComposedText } from "../source/composed-text.ts";
import type { FoundStatement } from "../source/found-statement.ts";
import type { SourcePlace } from "../source/source-place.ts";
import type { SqlFinding } from "./sql-finding.ts";

/** How many tables and columns a hint lists. */
const MOST_TABLES = 2;
const MOST_COLUMNS = 20;
/** SQLSTATEs of a name that nothing has: a column, a table. */
const NO_COLUMN = "42703";
const NO_TABLE = "42P01";
/** SQLSTATE of a parameter whose type nothing tells. */
const NO_TYPE = "42P18";

/** The problem of a statement that the server does not take, at the place that the server tells. */
export function refusalFinding(
  statement: FoundStatement,
  composed: ComposedText,
  refusal: ServerRefusal,
  columns: readonly CatalogueColumn[],
): SqlFinding {
  const { text } = composed;
  const place = placeOf(statement, composed, refusal);
  const hints = [refusal.detail, refusal.hint, ownHint(refusal, text, columns)].filter(
    (hint) => hint !== undefined,
  );
  const message = `PostgreSQL refuses the statement: ${refusal.message} (${refusal.code}).`;
  const hint = hints.map((one) => (/[.?!]$/.test(one) ? one : `${one}.`)).join(" ");
  return { code: "sql_invalid", place, message, ...(hint === "" ? {} : { hint }) };
}

/** The place that the server tells, or that of the parameter that it names; else the whole template. */
function placeOf(
  { place }: FoundStatement,
  composed: ComposedText,
  { position, code, message }: ServerRefusal,
): SourcePlace {
  const { text, values } = composed;
  if (code === NO_TYPE) return values[Number(/\$(\d+)/.exec(message)?.[1] ?? 0) - 1]?.place ?? place;
  const index = position > 0 ? indexOfPosition(text, position) : text.length;
  return index >= text.trimEnd().length ? place : composed.placeOf(index, tokenLengthAt(text, index));
}

function ownHint(
  { code }: ServerRefusal,
  text: string,
  columns: readonly CatalogueColumn[],
): string | undefined {
  if (code === NO_TYPE) return "Say the type of the value with a cast: `${…}::text`.";
  if (code === NO_COLUMN)
    return tablesIn(text, columns).slice(0, MOST_TABLES).map(describe).join(" ") || undefined;
  if (code === NO_TABLE) {
    const names = [...new Set(columns.map(({ schema, tableName }) => shown(schema, tableName)))];
    return names.length === 0
      ? "The migrations make no table."
      : `The migrations make ${names.slice(0, MOST_COLUMNS).join(", ")}${names.length > MOST_COLUMNS ? ", …" : ""}.`;
  }
  return undefined;
}

/** The columns of each table that a text names. */
function tablesIn(text: string, columns: readonly CatalogueColumn[]): (readonly CatalogueColumn[])[] {
  const tables = new Map<number, CatalogueColumn[]>();
  for (const column of columns) {
    if (!new RegExp(`(?<![\\w$])${escaped(column.tableName)}(?![\\w$])`, "i").test(text)) continue;
    tables.set(column.table, [...(tables.get(column.table) ?? []), column]);
  }
  return [...tables.values()];
}

function describe(table: readonly CatalogueColumn[]): string {
  const names = table.map(({ name }) => name);
  const [first] = table;
  const at = first?.place === undefined ? "" : ` (${first.place.file}:${first.place.line})`;
  const more = names.length > MOST_COLUMNS ? ", …" : "";
  return `\`${first?.tableName}\` has ${names.slice(0, MOST_COLUMNS).join(", ")}${more}${at}.`;
}

function shown(schema: string, table: string): string {
  return schema === "public" ? table : `${schema}.${table}`;
}
