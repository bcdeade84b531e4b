import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Tree } from "./finding.mjs";
import { readManifests } from "./manifests.mjs";
import { readRoomTable } from "./room-table.mjs";
import { checkDependencyEdges } from "./rules/dependency-edges.mjs";
import { checkFileShape } from "./rules/file-shape.mjs";
import { checkInstallScripts } from "./rules/install-scripts.mjs";
import { checkNamedPaths } from "./rules/named-paths.mjs";
import { checkRustBoundaries } from "./rules/rust-boundaries.mjs";
import { checkSafetyComments } from "./rules/safety-comments.mjs";

/**
 * Holds a checkout to its own ARCHITECTURE.md and to the house rules that a program can judge.
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
    ...checkSafetyComments(tree),
    ...checkFileShape(tree),
    ...checkNamedPaths(tree, markdown),
  ].toSorted((left, right) =>
    left.file === right.file ? left.line - right.line : left.file < right.file ? -1 : 1,
  );
}
