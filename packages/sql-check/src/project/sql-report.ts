import type { ResultColumn } from "../database/description.ts";
import type { SqlFinding } from "../rules/sql-finding.ts";
import type { BigintOption } from "../rules/read-values.ts";
import type { FoundStatement } from "../source/found-statement.ts";
import type { SourcePlace } from "../source/source-place.ts";

/** A part of a statement that was not checked. */
export interface Unchecked {
  readonly place: SourcePlace;
  /** The reason, as a sentence without its end. */
  readonly why: string;
}

/** A statement whose columns are known. */
export interface TypedStatement {
  readonly statement: FoundStatement;
  readonly columns: readonly ResultColumn[];
  readonly bigint: BigintOption;
}

/** The result of a check of all statements. */
export interface SqlReport {
  /** The number of statements in the sources, those that were not checked included. */
  readonly statements: number;
  readonly findings: readonly SqlFinding[];
  readonly unchecked: readonly Unchecked[];
  readonly typed: readonly TypedStatement[];
  /** Whether the server was asked, or the cache knew everything. */
  readonly durationMs: number;
}
