import type { SourcePlace } from "../source/source-place.ts";

/** The kinds of problems of statements. */
export type SqlCode =
  "sql_invalid" | "sql_parameter" | "sql_column" | "sql_null" | "migration_invalid" | "sql_server";

/** A problem of a statement, at a place of the sources. */
export interface SqlFinding {
  readonly code: SqlCode;
  readonly place: SourcePlace;
  readonly message: string;
  readonly hint?: string;
}
