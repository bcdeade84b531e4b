/** Every kind of problem the compiler reports. */
export type ProblemCode =
  | "no_sources"
  | "configuration"
  | "syntax"
  | "option_not_static"
  | "option_invalid"
  | "path_missing"
  | "path_invalid"
  | "path_field_missing"
  | "handler_not_callable"
  | "request_not_declared"
  | "type_unresolved"
  | "type_not_json"
  | "type_class"
  | "type_too_wide"
  | "field_not_scalar"
  | "field_misplaced"
  | "fields_differ"
  | "constraint_misplaced"
  | "not_top_level"
  | "duplicate";

/** Something in the app that the compiler cannot turn into a manifest. */
export interface Problem {
  code: ProblemCode;
  /** Relative to the project root, `/`-separated; empty when the problem has no place in a file. */
  file: string;
  /** 1-based; 0 when the problem has no place in a file. */
  line: number;
  /** 1-based, in UTF-16 units. */
  column: number;
  /** Width of the offending text on that line, in UTF-16 units. */
  length: number;
  /** What is wrong: property path, offending type. */
  message: string;
  /** What to do next. */
  hint?: string;
}

/** Orders by file, line and column, and drops what was reported twice. */
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
