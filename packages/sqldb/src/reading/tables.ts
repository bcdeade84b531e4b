import { inReading } from "./reading-transaction.ts";

/** A table, partitioned table or view of a database. */
export interface ListedTable {
  readonly schema: string;
  readonly name: string;
  readonly kind: "table" | "view" | "materialized view";
  /** The planner's estimate of its rows; `null` for a view, and for a table that was never analysed. */
  readonly rows: number | null;
}

/** The most tables that are listed. */
const LIMIT = 2_000;

/**
 * The tables of all schemas but the server's own. The number of rows is the planner's estimate, which costs no scan; a table that
 * was never analysed has -1 there. Source: PostgreSQL, "pg_class".
 */
const TABLES = `
  select n.nspname as schema, c.relname as name,
    case c.relkind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end as kind,
    case when c.relkind = 'v' or c.reltuples < 0 then null else c.reltuples::float8 end as rows
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition
    and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
  order by 1, 2 limit ${LIMIT}`;

/**
 * Lists the tables and views of a database of the app, at most 2 000.
 *
 * Errors: `ReadingError` `not_found` for a name that the app has no database of; those of the database.
 */
export function listTables(database: string): Promise<ListedTable[]> {
  return inReading(database, (reading) => reading.rows<ListedTable & Record<string, unknown>>(TABLES));
}
