import { existsSync } from "node:fs";
import { join } from "node:path";
import { lineAt } from "../finding.mjs";
import { expandBraces } from "../room-table.mjs";

const PAGE = "ARCHITECTURE.md";

/**
 * Checks that every path ARCHITECTURE.md names is there: in backticks when it starts with a folder of the
 * checkout, and as the target of a link. A path with `<…>` or `*` in it is a pattern: its fixed beginning counts.
 *
 * @param {import("../finding.mjs").Tree} tree
 * @param {string} markdown
 * @returns {import("../finding.mjs").Finding[]}
 */
export function checkNamedPaths(tree, markdown) {
  const inBackticks = [
    ...markdown.matchAll(/`((?:\.ci|apps|bench|contract|crates|packages|tools)\/[^`\s]*)`/g),
  ];
  const linked = [...markdown.matchAll(/\]\((?!https?:|#)([^)\s#]+)[^)]*\)/g)];
  return [...inBackticks, ...linked].flatMap((match) =>
    expandBraces(match[1] ?? "")
      .map((path) => path.replace(/[^/]*[<*].*$/, ""))
      .filter((path) => !existsSync(join(tree.root, path)))
      .map((path) => ({
        file: PAGE,
        line: lineAt(markdown, match.index),
        rule: "named-path",
        message: `\`${path}\` does not exist: correct the page, or bring back what it names.`,
      })),
  );
}
