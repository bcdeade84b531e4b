import { isTest } from "../finding.mjs";
import { codeOnly, testModules } from "../rust-source.mjs";

/** The most lines of a file, tests not counted. */
const STOP_SIZES = [
  { pattern: /\.rs$/, lines: 500 },
  { pattern: /\.(ts|mts|cts|js|mjs|cjs)$/, lines: 400 },
];

// Words that name a drawer, not a thing, alone or as part of a name.
const DRAWERS = /(^|[-_])(utils?|helpers?|misc|manager)($|[-_])|^common$/;
const EMPTY_NAMES = /^(types\.[mc]?ts|mod\.[mc]?ts)$/;

/**
 * Finds files over their size limit, and file names that say nothing.
 *
 * @param {import("../finding.mjs").Tree} tree
 * @returns {import("../finding.mjs").Finding[]}
 */
export function checkFileShape(tree) {
  return tree.files
    .filter((file) => !/^contract\/|\/fixtures\//.test(file))
    .flatMap((file) => [...checkName(file), ...checkSize(tree, file)]);
}

/** @param {string} file */
function checkName(file) {
  const segments = file.split("/");
  const fileName = segments.at(-1) ?? "";
  const stems = segments.map((segment) => segment.replace(/\..*$/, ""));
  const drawer = stems.find((stem) => DRAWERS.test(stem)) ?? EMPTY_NAMES.exec(fileName)?.[0];
  if (drawer === undefined) return [];
  const message = `\`${drawer}\` names no thing: name the file after its main type or verb.`;
  return [{ file, line: 1, rule: "file-name", message }];
}

/** @param {import("../finding.mjs").Tree} tree @param {string} file */
function checkSize(tree, file) {
  const stop = STOP_SIZES.find(({ pattern }) => pattern.test(file))?.lines;
  if (stop === undefined || isTest(file)) return [];
  const lines = countLines(file, tree.read(file));
  if (lines <= stop) return [];
  const message = `${lines} lines, and the stop is ${stop}: split it by noun into files with one reason to exist each.`;
  return [{ file, line: stop + 1, rule: "file-size", message }];
}

/**
 * @param {string} file
 * @param {string} text
 * @returns {number} lines without test modules
 */
function countLines(file, text) {
  const all = text.trimEnd().split("\n").length;
  if (!file.endsWith(".rs")) return all;
  const code = codeOnly(text);
  const tested = testModules(code).map(({ start, end }) => code.slice(start, end).split("\n").length);
  return all - tested.reduce((total, lines) => total + lines, 0);
}
