import { findCircles, wayRound } from "../circles.mjs";
import { lineAt } from "../finding.mjs";
import { moduleOf, readRustModules } from "../rust-modules.mjs";

/**
 * How many files of a crate may still stand in circles: of files and not of circles, since one circle of many files is worse
 * than several of two. A crate that is not listed may have none. The
 * numbers can only shrink.
 *
 * @type {Record<string, number>}
 */
export const STILL_ALLOWED = {
  "crates/core-native": 7,
  "crates/cron": 11,
  "crates/mailbox": 8,
  "crates/runtime": 3,
  "crates/sqldb": 35,
};

/**
 * Finds files of a crate that use one another in a circle. A module and its own parts may: what a part takes from the
 * module that it is a part of does not count. Tests may name anything.
 *
 * @param {import("../finding.mjs").Tree} tree
 * @param {Record<string, number>} allowed files in circles by crate, such as `crates/mailbox`
 * @returns {import("../finding.mjs").Finding[]}
 */
export function checkRustCircles(tree, allowed = STILL_ALLOWED) {
  return [...readRustModules(tree)].flatMap(([crate, modules]) => {
    const edges = edgesOf(modules);
    const circles = findCircles(edges);
    if (circles.flat().length <= (allowed[crate] ?? 0)) return [];
    return circles.map((circle) => finding(wayRound(edges, circle), edges));
  });
}

/**
 * Counts the files of each crate that stand in circles.
 *
 * @param {import("../finding.mjs").Tree} tree
 * @returns {Record<string, number>} by crate; a crate without circles is left out
 */
export function countFilesInCircles(tree) {
  const counted = [...readRustModules(tree)].map(([crate, modules]) => {
    return /** @type {const} */ ([crate, findCircles(edgesOf(modules)).flat().length]);
  });
  return Object.fromEntries(counted.filter(([, files]) => files > 0));
}

/** @param {string[]} way @param {Map<string, Map<string, number>>} edges */
function finding(way, edges) {
  const [file = "", next = ""] = way;
  const names = [...way, file].map((name) => name.replace(/^.*?\/src\//, "")).join(" → ");
  const message = `${names}: these files use one another in a circle; move what both sides need into a file of its own, or make them parts of one module.`;
  return { file, line: edges.get(file)?.get(next) ?? 1, rule: "rust-circle", message };
}

/**
 * @param {Map<string, import("../rust-modules.mjs").RustModule>} modules
 * @returns {Map<string, Map<string, number>>} file -> files that it uses, with the line of the first use
 */
function edgesOf(modules) {
  return new Map(
    [...modules.values()].map((from) => {
      /** @type {Map<string, number>} */
      const uses = new Map();
      for (const { path, offset } of from.uses) {
        // A module by its name alone: what is used of it is found where it is named with the item.
        if (modules.has(path.join("::"))) continue;
        const to = moduleOf(modules, path);
        if (to === undefined || isWithin(from.path, to.path) || uses.has(to.file)) continue;
        uses.set(to.file, lineAt(from.code, offset));
      }
      return [from.file, uses];
    }),
  );
}

/** @param {string[]} inner @param {string[]} outer whether `inner` is `outer` or one of its parts */
function isWithin(inner, outer) {
  return outer.every((segment, index) => segment === inner[index]);
}
