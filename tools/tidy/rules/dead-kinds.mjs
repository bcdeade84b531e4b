import { isTest } from "../finding.mjs";
import { shippedCode } from "../rust-source.mjs";

const CONTRACT = "contract/frames.json";

/** The files that define the kinds in each language; a name in these files is no use. */
const DEFINITIONS = ["crates/mailbox/src/frame.rs", "packages/core-native/src/crossing/frame.ts"];

/**
 * Finds kinds of frames that one language lists and never uses: each kind has a place in Rust and a place in TypeScript,
 * one that produces it and one that reads it.
 *
 * Shape: a tree -> findings, at the first line of `contract/frames.json`.
 *
 * @param {import("../finding.mjs").Tree} tree
 * @returns {import("../finding.mjs").Finding[]}
 */
export function checkDeadKinds(tree) {
  if (!tree.files.includes(CONTRACT)) return [];
  const { kinds, outgoing } = JSON.parse(tree.read(CONTRACT));
  const rust = sources(tree, /^crates\/.*\.rs$/);
  const typescript = sources(tree, /^packages\/.*\.ts$/);
  const names = [...namesOf("Kind", kinds), ...namesOf("Outgoing", outgoing)];
  return names.flatMap(([type, variant]) => [
    ...(isNamed(`${type}::${variant}`, rust) ? [] : [finding(`${type}::${variant}`, "Rust")]),
    ...(isNamed(`${type}.${variant}`, typescript) ? [] : [finding(`${type}.${variant}`, "TypeScript")]),
  ]);
}

/** @param {string} type @param {Record<string, unknown>} list @returns {[type: string, variant: string][]} */
function namesOf(type, list) {
  return Object.keys(list).map((kind) => [type, `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`]);
}

/** @param {string} name @param {string} code */
function isNamed(name, code) {
  return new RegExp(`\\b${name.replace(".", "\\.")}\\b`).test(code);
}

/** @param {import("../finding.mjs").Tree} tree @param {RegExp} which @returns {string} the code that ships, as one text */
function sources(tree, which) {
  const files = tree.matching(which).filter((file) => !isTest(file) && !DEFINITIONS.includes(file));
  return files
    .map((file) => (file.endsWith(".rs") ? shippedCode(tree.read(file)) : tree.read(file)))
    .join("\n");
}

/** @param {string} kind @param {string} language @returns {import("../finding.mjs").Finding} */
function finding(kind, language) {
  const message = `${kind} is used nowhere in ${language}: a kind is produced in one language and read in the other.`;
  return { file: CONTRACT, line: 1, rule: "dead-kinds", message };
}
