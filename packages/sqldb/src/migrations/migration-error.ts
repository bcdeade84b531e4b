import { TwinloopError } from "@twinloop/core-native";

/**
 * What can be wrong with a folder of migrations or with what a database has had of it.
 *
 * `migration_unreadable`: the folder or a file's name · `migration_duplicate`: two files of one version ·
 * `migration_changed`: an applied file is no longer what it was · `migration_skipped`: a file that was not applied lies
 * before one that was · `migration_missing`: an applied file is gone · `migration_dirty`: a file was begun and its end is
 * unknown · `migration_failed`: its SQL · `migration_locked`: another process did not finish in time ·
 * `migration_irreversible`: there is nothing that undoes it.
 */
export type MigrationCode =
  | "migration_unreadable"
  | "migration_duplicate"
  | "migration_changed"
  | "migration_skipped"
  | "migration_missing"
  | "migration_dirty"
  | "migration_failed"
  | "migration_locked"
  | "migration_irreversible";

/** One thing that is wrong. */
export interface MigrationProblem {
  readonly code: MigrationCode;
  /** What is wrong, where, and what to do, in sentences. */
  readonly message: string;
  /** The file in question, as an absolute path. */
  readonly file?: string;
  /** Where in it, from 1; `undefined` where the server does not say. */
  readonly line?: number;
  readonly column?: number;
  /** The SQLSTATE of the statement that failed. */
  readonly sqlState?: string;
}

/**
 * Migrations that cannot be run, or one that failed.
 *
 * Shape:  `problems`, at least one; `code`, `file`, `line`, `column` and `sqlState` are those of the first.
 */
export class MigrationError extends TwinloopError {
  declare readonly code: MigrationCode;
  readonly problems: readonly MigrationProblem[];
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly column: number | undefined;
  readonly sqlState: string | undefined;

  constructor(problems: readonly [MigrationProblem, ...MigrationProblem[]], cause?: unknown) {
    const [first] = problems;
    const text = problems.map(({ message }) => message).join("\n");
    super(first.code, text, cause === undefined ? {} : { cause });
    this.problems = problems;
    this.file = first.file;
    this.line = first.line;
    this.column = first.column;
    this.sqlState = first.sqlState;
  }
}

/** Throws all problems at once; does nothing without one. */
export function refuse(problems: readonly MigrationProblem[]): void {
  const [first, ...rest] = problems;
  if (first) throw new MigrationError([first, ...rest]);
}
