/** The kinds of problems that the compiler reports. */
export type ProblemCode =
  | "no_sources"
  | "configuration"
  | "syntax"
  | "option_not_static"
  | "option_invalid"
  | "option_unknown"
  | "import_unresolved"
  | "import_missing"
  | "export_missing"
  | "pattern_invalid"
  | "not_loaded"
  | "declared_late"
  | "start_missing"
  | "type_error"
  | "cron_invalid"
  | "migration_invalid"
  | "path_missing"
  | "path_invalid"
  | "path_field_missing"
  | "handler_not_callable"
  | "request_not_declared"
  | "response_missing"
  | "stream_not_typed"
  | "type_unresolved"
  | "type_not_json"
  | "type_class"
  | "type_too_wide"
  | "type_endless"
  | "checker_failed"
  | "more_problems"
  | "field_not_scalar"
  | "field_misplaced"
  | "fields_differ"
  | "constraint_misplaced"
  | "constraint_impossible"
  | "folder_missing"
  | "auth_invalid"
  | "not_top_level"
  | "duplicate";

/** A problem in the app that keeps the compiler from writing a manifest. */
export interface Problem {
  code: ProblemCode;
  /** The file, relative to the project root and `/`-separated; empty when the problem has no place in a file. */
  file: string;
  /** The line, from 1; 0 when the problem has no place in a file. */
  line: number;
  /** The column in UTF-16 code units, from 1. */
  column: number;
  /** The length of the offending text on that line, in UTF-16 code units. */
  length: number;
  /** The description of the problem, with property path and type. */
  message: string;
  /** The next step that fixes the problem. */
  hint?: string;
  /** The number of further problems that are not shown. */
  more?: number;
}

/** The number of problems, with those that are not shown. */
export function countProblems(problems: readonly Problem[]): number {
  return problems.reduce((sum, { more = 0 }) => sum + 1 + more, 0);
}

/** Sorts by file, line and column, and drops duplicates. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  const kept = problems.filter((problem) => {
    const key = JSON.stringify([problem.file, problem.line, problem.column, problem.code, problem.message]);
    return seen.has(key) ? false : (seen.add(key), true);
  });
  return kept.sort(
    (a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column,
  );
}
