import type { PgType } from "./pg-type.ts";

/** The line of a migration that made or last changed a column. */
export interface MigrationPlace {
  /** The file, relative to the app's folder. */
  readonly file: string;
  readonly line: number;
}

/** A column of a table or view, with the migration that it comes from. */
export interface TableColumn {
  readonly table: string;
  readonly column: string;
  readonly place: MigrationPlace | undefined;
}

/** Whether a column of a result can be NULL: it never is, it can be, or nobody can tell. */
export type Nullability = "never" | "possible" | "unknown";

/** One column of a statement's result. */
export interface ResultColumn {
  readonly name: string;
  readonly type: PgType;
  readonly nullability: Nullability;
  /** Why the column can be NULL, as the end of a sentence; absent where it cannot. */
  readonly because?: string;
  /** The table's column that the result has unchanged. */
  readonly from?: TableColumn;
}

/** An error by which the server refuses a statement. */
export interface ServerRefusal {
  /** The SQLSTATE. */
  readonly code: string;
  readonly message: string;
  /** The position in the text, in characters from 1; 0 where the server tells none. */
  readonly position: number;
  readonly hint?: string;
  readonly detail?: string;
}

/** What the server says of a statement. */
export type Description =
  | { readonly parameters: readonly PgType[]; readonly columns: readonly ResultColumn[] }
  | { readonly refusal: ServerRefusal };
