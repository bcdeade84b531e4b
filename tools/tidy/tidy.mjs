import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Tree } from "./finding.mjs";
import { readManifests } from "./manifests.mjs";
import { readRoomTable } from "./room-table.mjs";
import { checkDeadKinds } from "./rules/dead-kinds.mjs";
import { checkDependencyEdges } from "./rules/dependency-edges.mjs";
import { checkDocFirstWords } from "./rules/doc-first-words.mjs";
import { checkFileShape } from "./rules/file-shape.mjs";
import { checkImportCircles } from "./rules/import-circles.mjs";
import { checkInstallScripts } from "./rules/install-scripts.mjs";
import { checkNamedPaths } from "./rules/named-paths.mjs";
import { checkNamedPrimitives } from "./rules/named-primitives.mjs";
import { checkNpxNames } from "./rules/npx-names.mjs";
import { checkRustBoundaries } from "./rules/rust-boundaries.mjs";
import { checkRustCircles } from "./rules/rust-circles.mjs";
import { checkRustTypeNames } from "./rules/rust-type-names.mjs";
import { checkSafetyComments } from "./rules/safety-comments.mjs";
import { checkTypeNames } from "./rules/type-names.mjs";

/**
 * Checks a checkout against its own ARCHITECTURE.md and against all rules of `tools/tidy/rules`.
 *
 * Shape: the checkout's root -> findings, sorted by file and line; empty when tidy.
 *
 * @param {string} root absolute
 * @returns {import("./finding.mjs").Finding[]}
 */
export function tidy(root) {
  const page = join(root, "ARCHITECTURE.md");
  const markdown = existsSync(page) ? readFileSync(page, "utf8") : "";
  const rooms = readRoomTable(markdown);
  if (rooms.size === 0) {
    const message =
      "no table with the header `room | may depend on | never on`: the page must say what each room may depend on.";
    return [{ file: "ARCHITECTURE.md", line: 1, rule: "room-table", message }];
  }
  const tree = new Tree(root);
  const manifests = readManifests(tree);
  return [
    ...checkDependencyEdges(manifests, rooms),
    ...checkInstallScripts(tree, manifests.packages),
    ...checkRustBoundaries(tree, rooms),
    ...checkRustCircles(tree),
    ...checkRustTypeNames(tree),
    ...checkSafetyComments(tree),
    ...checkFileShape(tree),
    ...checkImportCircles(tree),
    ...checkTypeNames(tree),
    ...checkDocFirstWords(tree),
    ...checkNamedPaths(tree, "ARCHITECTURE.md", markdown),
    ...pagesWithPaths(root).flatMap((name) =>
      checkNamedPaths(tree, name, readFileSync(join(root, name), "utf8")),
    ),
    ...checkNamedPrimitives(tree),
    ...checkNpxNames(tree),
    ...checkDeadKinds(tree),
  ].toSorted((left, right) =>
    left.file === right.file ? left.line - right.line : left.file < right.file ? -1 : 1,
  );
}

/** @param {string} root @returns {string[]} the pages beside ARCHITECTURE.md that say where things are */
function pagesWithPaths(root) {
  return ["docs/where.md", "docs/glossary.md"].filter((name) => existsSync(join(root, name)));
}
