import { dirname, join } from "node:path/posix";
import { findCircles } from "../circles.mjs";
import { isTest, lineAt } from "../finding.mjs";

/**
 * How many circles of files a room may still have. A room that is not listed may have none, and a number can only shrink.
 *
 * @type {Record<string, number>}
 */
const STILL_ALLOWED = {};

// Static imports and re-exports, with or without `type`, and `import("./x.ts")`.
const IMPORT = /\b(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+)"/g;

/**
 * Finds circles of files: TypeScript files of a package that import each other, directly or by way of others. Imports of
 * types count, because a circle of types has no file at which a reader can begin.
 *
 * Shape: a tree -> one finding for each circle, at the import that leads on from its first file.
 *
 * @param {import("../finding.mjs").Tree} tree
 * @param {Record<string, number>} allowed circles by room, such as `packages/cli`
 * @returns {import("../finding.mjs").Finding[]}
 */
export function checkImportCircles(tree, allowed = STILL_ALLOWED) {
  const files = tree.matching(/^packages\/[^/]+\/src\/.*\.ts$/).filter((file) => !isTest(file));
  const imports = readImports(tree, files);
  /** @type {Map<string, string[][]>} */
  const byRoom = new Map(Object.keys(allowed).map((room) => [room, []]));
  for (const circle of findCircles(imports)) {
    const room = (circle[0] ?? "").split("/").slice(0, 2).join("/");
    byRoom.set(room, [...(byRoom.get(room) ?? []), circle]);
  }
  return [...byRoom].flatMap(([room, circles]) => {
    const most = allowed[room] ?? 0;
    if (circles.length > most) return circles.map((circle) => finding(circle, imports));
    const isThere = files.some((file) => file.startsWith(`${room}/`));
    if (circles.length === most || !isThere) return [];
    const message = `${room} has ${circles.length} circles of files: lower its number in tools/tidy/rules/import-circles.mjs.`;
    return [{ file: room, line: 1, rule: "import-circle", message }];
  });
}

/**
 * @param {import("../finding.mjs").Tree} tree
 * @param {string[]} files
 * @returns {Map<string, Map<string, number>>} by file, the files it imports and the line of each import
 */
function readImports(tree, files) {
  const known = new Set(files);
  return new Map(
    files.map((file) => {
      const text = tree.read(file);
      const targets = [...text.matchAll(IMPORT)]
        .map(
          (match) => /** @type {const} */ ([join(dirname(file), match[1] ?? ""), lineAt(text, match.index)]),
        )
        .filter(([target]) => known.has(target));
      return [file, new Map(targets)];
    }),
  );
}

/** @param {string[]} circle @param {Map<string, Map<string, number>>} imports */
function finding(circle, imports) {
  const [file = ""] = circle;
  const next = [...(imports.get(file) ?? [])].find(([target]) => circle.includes(target));
  const names = circle.map((member) => member.split("/").slice(3).join("/"));
  const message = `${names.join(", ")} import each other: put what they share into a file of its own.`;
  return { file, line: next?.[1] ?? 1, rule: "import-circle", message };
}
