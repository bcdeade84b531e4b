import { z } from "zod";
import { readOnly, TIME_LIMIT_MS } from "../database/read-only.ts";
import { defineTool, type Tool } from "../tool.ts";

/** The input that chooses among several databases; an app with one needs none. */
const DATABASE = z.string().optional().describe("its name in the code, where the app has several");

/** The tool `list_tables`: tables, partitioned tables, views and materialized views of one schema, at most 1,000. */
const tables = defineTool({
  name: "list_tables",
  title: "List tables",
  description:
    "Lists the tables and views of a development database of the app, with columns, types, keys and the estimated number of rows.",
  input: z.strictObject({ database: DATABASE, schema: z.string().default("public") }),
  run: (app, { database, schema }) =>
    readOnly(app, database, { sql: TABLES, parameters: [schema], limit: 1000 }),
});

/**
 * The tool `query_database`: the rows of one reading statement, and whether there were more than `limit`. Errors:
 * `invalid_argument` for a statement that changes something, `permission_denied` for a database that is not of
 * development.
 */
const query = defineTool({
  name: "query_database",
  title: "Query a database",
  description:
    "Runs one SQL statement that reads (select, with, values, table, explain, show) on a development database of the app, in a transaction that " +
    `is read-only and rolled back, for at most ${TIME_LIMIT_MS / 1000} s. Put values into \`parameters\` as $1, $2.`,
  input: z.strictObject({
    sql: z.string().min(1).max(100_000),
    parameters: z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])).default([]),
    database: DATABASE,
    limit: z.int().min(1).max(1000).default(100).describe("how many rows at most"),
  }),
  run: (app, { database, ...asked }) => readOnly(app, database, asked),
});

/**
 * The query of `list_tables` over `pg_class`. The number of rows is the planner's estimate, which costs no scan; a
 * table that was never analysed has -1 there, shown as 0. Source: PostgreSQL, "pg_class".
 */
const TABLES = `
  select c.relname as "table",
    case c.relkind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end as kind,
    greatest(c.reltuples, 0)::int8 as "estimatedRows",
    obj_description(c.oid, 'pg_class') as comment,
    (select json_agg(json_build_object(
        'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'nullable', not a.attnotnull,
        'default', pg_get_expr(d.adbin, d.adrelid)) order by a.attnum)
      from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
    (select json_agg(pg_get_constraintdef(k.oid)) from pg_constraint k where k.conrelid = c.oid) as constraints
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = $1 and c.relkind in ('r', 'p', 'v', 'm') order by 1`;

/** The tools that read the app's databases. */
export const databaseTools: readonly Tool[] = [tables, query];
