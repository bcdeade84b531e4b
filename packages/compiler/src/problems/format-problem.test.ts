import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { formatProblem } from "./format-problem.ts";
import { sortProblems, type Problem } from "./problem.ts";

let root = "";
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "twinloop-format-"));
  writeFileSync(join(root, "app.ts"), "const a = 1;\r\n\tconst bad = new Map();\r\nconst c = 3;\r\n");
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const problem: Problem = {
  code: "type_not_json",
  file: "app.ts",
  line: 2,
  column: 14,
  length: 9,
  message: "`x` is a map",
  hint: "Use a record.",
};

test("a problem shows its line, its neighbours and a caret under the word", () => {
  expect(formatProblem(problem, { projectRoot: root })).toBe(
    [
      "app.ts:2:14 error `x` is a map [type_not_json]",
      "",
      "  1 | const a = 1;",
      "> 2 | \tconst bad = new Map();",
      "    | \t            ^^^^^^^^^",
      "  3 | const c = 3;",
      "",
      "  help: Use a record.",
    ].join("\n"),
  );
});

test("a problem without a place, or in a file that is gone, is its message alone", () => {
  expect(formatProblem({ ...problem, file: "", line: 0 })).toBe(
    "error `x` is a map [type_not_json]\n  help: Use a record.",
  );
  expect(formatProblem({ ...problem, file: "gone.ts" }, { projectRoot: root })).not.toContain("|");
});

test("colours are escapes around the same text", () => {
  const colored = formatProblem(problem, { projectRoot: root, color: true });
  expect(colored.replace(/\u001b\[\d+m/g, "")).toBe(formatProblem(problem, { projectRoot: root }));
  expect(colored).toContain("\u001b[31m");
});

test("problems are sorted by place and told once", () => {
  const later = { ...problem, line: 3 };
  expect(sortProblems([later, problem, { ...problem }])).toEqual([problem, later]);
});
