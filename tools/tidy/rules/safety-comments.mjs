import { lineAt } from "../finding.mjs";
import { codeOnly } from "../rust-source.mjs";

/**
 * Requires a `SAFETY:` comment at every `unsafe` block and implementation: directly above the statement, or beside it.
 *
 * @param {import("../finding.mjs").Tree} tree
 * @returns {import("../finding.mjs").Finding[]}
 */
export function checkSafetyComments(tree) {
  return tree.matching(/\.rs$/).flatMap((file) => {
    const source = tree.read(file);
    const code = codeOnly(source);
    const lines = source.split("\n");
    const codeLines = code.split("\n");
    return [...code.matchAll(/\bunsafe\s*(?:\{|impl\b)/g)]
      .map((match) => lineAt(code, match.index))
      .filter((line) => !isExplained(lines, codeLines, line - 1))
      .map((line) => ({
        file,
        line,
        rule: "unsafe-without-safety",
        message:
          "this `unsafe` has no `SAFETY:` comment: say above it which condition makes it sound, and who upholds it.",
      }));
  });
}

/**
 * @param {string[]} lines
 * @param {string[]} codeLines the same lines without comments
 * @param {number} index of the line with `unsafe`, from 0
 */
function isExplained(lines, codeLines, index) {
  if (lines[index]?.includes("SAFETY:")) return true;
  for (let above = index - 1; above >= 0; above -= 1) {
    if (lines[above]?.includes("SAFETY:")) return true;
    const code = codeLines[above]?.trim() ?? "";
    const isBlank = lines[above]?.trim() === "";
    // Upwards through comments, attributes and the lines of the same statement; the one before it ends the search.
    if (isBlank || (/[;{}]$/.test(code) && !code.startsWith("#["))) return false;
  }
  return false;
}
