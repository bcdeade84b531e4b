import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { lineAt } from "../finding.mjs";

const RULE = "npx-name";

/** Short command names, and the packages that they belong to. Where the package is missing, npx runs a foreign package. */
const FOREIGN = { twinloop: "npx @twinloop/cli", tsc: "tsc, or npx -p typescript tsc" };

const PAGES = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"];

/**
 * Finds commands, in texts that a reader may copy, that would fetch a foreign package from the registry.
 *
 * @param {import("../finding.mjs").Tree} tree
 * @returns {import("../finding.mjs").Finding[]}
 */
export function checkNpxNames(tree) {
  const pages = PAGES.filter((page) => existsSync(join(tree.root, page)));
  const files = tree.matching(/\.(?:md|mjs|ts|json|rs)$/).filter((file) => !file.startsWith("tools/tidy/"));
  return [...pages, ...files].flatMap((file) => {
    const text = readFileSync(join(tree.root, file), "utf8");
    return [...text.matchAll(/\bnpx (?:--yes |-y )?(twinloop|tsc)\b(?![-/])/g)].map((match) => {
      const name = /** @type {keyof typeof FOREIGN} */ (match[1]);
      const message = `\`npx ${name}\` runs whatever the registry has under that name where ours is not installed: write \`${FOREIGN[name]}\`.`;
      return { file, line: lineAt(text, match.index), rule: RULE, message };
    });
  });
}
