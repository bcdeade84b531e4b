import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { lineAt } from "../finding.mjs";
import { expandBraces } from "../room-table.mjs";

/**
 * Checks that every path a page names is there: in backticks when it starts with a folder of the checkout, and as
 * the target of a link, relative to the page. A path with `<…>` or `*` in it is a pattern: its fixed beginning counts.
 *
 * @param {import("../finding.mjs").Tree} tree
 * @param {string} page the page's own path, relative to the root
 * @param {string} markdown what the page says
 * @returns {import("../finding.mjs").Finding[]}
 */
export function checkNamedPaths(tree, page, markdown) {
  const inBackticks = [
    ...markdown.matchAll(/`((?:\.ci|apps|bench|contract|crates|docs|packages|tools)\/[^`\s]*)`/g),
  ];
  const linked = [...markdown.matchAll(/\]\((?!https?:|#)([^)\s#]+)[^)]*\)/g)];
  const named = [
    ...inBackticks.map((match) => ({ match, base: "." })),
    ...linked.map((match) => ({ match, base: dirname(page) })),
  ];
  return named.flatMap(({ match, base }) =>
    expandBraces(match[1] ?? "")
      .map((path) => join(base, path.replace(/[^/]*[<*].*$/, "")))
      .filter((path) => !existsSync(join(tree.root, path)))
      .map((path) => ({
        file: page,
        line: lineAt(markdown, match.index),
        rule: "named-path",
        message: `\`${path}\` does not exist: correct the page, or bring back what it names.`,
      })),
  );
}
