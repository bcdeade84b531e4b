import { TwinloopError } from "@twinloop/core-native";

/**
 * The codes of a `MigrationError`.
 *
 * `migration_unreadable`: the folder or a file's name is invalid · `migration_duplicate`: two files have one version ·
 * `migration_changed`: an applied file has been changed · `migration_skipped`: a file that was not applied has a lower
 * number than one that was · `migration_missing`: an applied file does not exist any more · `migration_dirty`: a
 * migration was begun and its outcome is unknown · `migration_refused`: a file has content that cannot be run ·
 * `migration_failed`: the SQL of a file failed · `migration_locked`: another process did not finish in time ·
 * `migration_irreversible`: a migration has no file that reverts it.
 */
export type MigrationCode =
  | "migration_unreadable"
  | "migration_duplicate"
  | "migration_changed"
  | "migration_skipped"
  | "migration_missing"
  | "migration_dirty"
  | "migration_refused"
  | "migration_failed"
  | "migration_locked"
  | "migration_irreversible";

/** One problem of a folder, file or ledger. */
export interface MigrationProblem {
  readonly code: MigrationCode;
  /** The problem, its place and the next step, in sentences. */
  readonly message: string;
  /** The absolute path of the file. */
  readonly file?: string;
  /** The line in the file, from 1; `undefined` where the server does not report a position. */
  readonly line?: number;
  readonly column?: number;
  /** The SQLSTATE of the statement that failed. */
  readonly sqlState?: string;
}

/**
 * One or more migrations cannot be run, or one has failed.
 *
 * Shape:  `problems` has at least one entry; `code`, `file`, `line`, `column` and `sqlState` are those of the first.
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

/** Throws all problems as one error; does nothing where there is none. */
export function refuse(problems: readonly MigrationProblem[]): void {
  const [first, ...rest] = problems;
  if (first) throw new MigrationError([first, ...rest]);
}
