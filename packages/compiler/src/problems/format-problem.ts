import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Problem } from "./problem.ts";

/** Options of `formatProblem`. */
export interface FormatOptions {
  /** Whether to use ANSI colours. Default false. */
  color?: boolean;
  /** The word in front of the message. Default `error`. */
  severity?: "error" | "warning";
  /** The folder that `problem.file` is relative to. Default: the working directory. */
  projectRoot?: string;
}

/**
 * Formats a problem for a person: place, message, the line with its neighbours and a caret, and the hint.
 *
 * Shape: several lines without a trailing newline; the code frame is left out when the file cannot be read.
 */
export function formatProblem(problem: Problem, options: FormatOptions = {}): string {
  const paint = options.color === true ? ansi : plain;
  const place = problem.file === "" ? "" : `${problem.file}:${problem.line}:${problem.column} `;
  const lines = [
    `${paint.cyan(place)}${paint.red(options.severity ?? "error")} ${problem.message} ${paint.dim(`[${problem.code}]`)}`,
  ];
  const frame = codeFrame(problem, options.projectRoot ?? process.cwd(), paint);
  if (frame.length > 0) lines.push("", ...frame, "");
  if (problem.hint !== undefined) lines.push(`  ${paint.cyan("help:")} ${problem.hint}`);
  return lines.join("\n");
}

type Paint = Record<"red" | "cyan" | "dim", (text: string) => string>;

const plain: Paint = { red: (text) => text, cyan: (text) => text, dim: (text) => text };

const ansi: Paint = {
  red: (text) => `\u001b[31m${text}\u001b[39m`,
  cyan: (text) => (text === "" ? "" : `\u001b[36m${text}\u001b[39m`),
  dim: (text) => `\u001b[2m${text}\u001b[22m`,
};

function codeFrame(problem: Problem, projectRoot: string, paint: Paint): string[] {
  if (problem.file === "" || problem.line === 0) return [];
  const source = readSource(resolve(projectRoot, problem.file));
  if (source === null) return [];
  const lines = source.split(/\r\n|\n|\r/);
  const first = Math.max(1, problem.line - 1);
  const last = Math.min(lines.length, problem.line + 1);
  const width = String(last).length;
  const frame: string[] = [];
  for (let number = first; number <= last; number++) {
    const text = lines[number - 1] ?? "";
    const gutter = `${number === problem.line ? paint.red(">") : " "} ${paint.dim(`${String(number).padStart(width)} |`)} `;
    frame.push(`${gutter}${text}`.trimEnd());
    if (number === problem.line)
      frame.push(`  ${" ".repeat(width)} ${paint.dim("|")} ${caret(text, problem, paint)}`);
  }
  return frame;
}

/** The line with the caret. Tabs before the caret are kept, so that it aligns at any tab width. */
function caret(text: string, problem: Problem, paint: Paint): string {
  const indent = text.slice(0, problem.column - 1).replace(/[^\t]/g, " ");
  const length = Math.max(1, Math.min(problem.length, text.length - problem.column + 1));
  return indent + paint.red("^".repeat(length));
}

function readSource(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
