import { readFileSync } from "node:fs";
import type { MigrationPlace } from "./description.ts";
import { escaped } from "./escaped.ts";

/** A column of a table or view of the app. */
export interface CatalogueColumn {
  /** The OID of the table, and the column's number in it. */
  readonly table: number;
  readonly number: number;
  readonly schema: string;
  readonly tableName: string;
  readonly name: string;
  readonly notNull: boolean;
  /** Whether the column is a view's, whose own columns are never declared not null. */
  readonly isView: boolean;
  /** The type, as SQL writes it. */
  readonly type: string;
  readonly place?: MigrationPlace;
}

/** The query of all columns that are not the system's. */
export const COLUMNS_QUERY = `
  select a.attrelid::int8::float8 as table, a.attnum::int4 as number, n.nspname::text as schema, c.relname::text as "tableName",
         a.attname::text as name, a.attnotnull as "notNull", c.relkind in ('v', 'm') as "isView",
         format_type(a.atttypid, a.atttypmod) as type
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
   where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f')
     and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and n.nspname not like 'pg\\_temp%'
   order by a.attrelid, a.attnum`;

/** Adds to the columns that a migration has made or changed its place in the file; the others keep theirs. */
export function placed(
  before: readonly CatalogueColumn[],
  after: readonly CatalogueColumn[],
  migration: { readonly path: string; readonly file: string },
): CatalogueColumn[] {
  const known = new Map(before.map((column) => [keyOf(column), column]));
  let text: string | undefined;
  return after.map((column) => {
    const old = known.get(keyOf(column));
    const isSame = old !== undefined && old.notNull === column.notNull && old.type === column.type;
    const isNamed = old?.name === column.name && old.tableName === column.tableName;
    if (isSame && isNamed) return old;
    text ??= readFileSync(migration.path, "utf8");
    return { ...column, place: { file: migration.file, line: lineIn(text, column) } };
  });
}

function keyOf({ table, number }: CatalogueColumn): string {
  return `${table}.${number}`;
}

/**
 * The line of a migration that names a column: behind the first mention of its table, else anywhere, else that of the table, else
 * the first. A column of a function's or a loop's making is named nowhere.
 */
function lineIn(text: string, { tableName, name }: CatalogueColumn): number {
  const table = new RegExp(
    `\\b(?:table|view)\\s+(?:if\\s+(?:not\\s+)?exists\\s+)?(?:only\\s+)?(?:\\S+\\.)?"?${escaped(tableName)}"?(?![\\w$])`,
    "i",
  ).exec(text);
  const from = table === null ? 0 : table.index + table[0].length;
  const column = new RegExp(`(?<![\\w$])"?${escaped(name)}"?(?![\\w$])`, "gi");
  column.lastIndex = from;
  const index = column.exec(text)?.index ?? table?.index ?? 0;
  return text.slice(0, index).split("\n").length;
}
