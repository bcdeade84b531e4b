import { isTest, lineAt } from "../finding.mjs";
import { shippedCode } from "../rust-source.mjs";

/** A type that other crates, or all files of its crate, can name. Variants, associated types and macros' names are none. */
const VISIBLE = /^pub(?:\(crate\))?\s+(?:unsafe\s+)?(?:struct|enum|union|trait|type)\s+(\w+)/gm;

/**
 * Names that types of several crates share, each with what it means in all of them. A name that is not here belongs to one
 * type.
 *
 * @type {Record<string, string>}
 */
const SHARED = {
  Engine: "what an opened component runs on: the jobs of cron, the broker of pubsub",
  Hand: "an isolate that a test drives by hand",
  Limits: "the bounds that a room keeps: of an HTTP server, of a port",
  Operation: "what an isolate may ask of a component",
};

/**
 * Finds Rust types that have one name, and are not listed as one notion: within a crate and across crates.
 *
 * Shape: a tree -> one finding for each type whose name an earlier file has given already.
 *
 * @param {import("../finding.mjs").Tree} tree
 * @returns {import("../finding.mjs").Finding[]}
 */
export function checkRustTypeNames(tree) {
  /** @type {Map<string, string>} the first file of each name */
  const homes = new Map();
  /** @type {import("../finding.mjs").Finding[]} */
  const findings = [];
  for (const file of tree.matching(/^crates\/[\w-]+\/src\/.*\.rs$/)) {
    if (isTest(file)) continue;
    const code = shippedCode(tree.read(file));
    for (const { 1: name = "", index } of code.matchAll(VISIBLE)) {
      const home = homes.get(name);
      if (home === undefined) homes.set(name, file);
      if (home === undefined || Object.hasOwn(SHARED, name)) continue;
      const message = `\`${name}\` is a type of ${home} as well: name one of them after what it is there, or list the word in tools/tidy/rules/rust-type-names.mjs.`;
      findings.push({ file, line: lineAt(code, index), rule: "rust-type-name", message });
    }
  }
  return findings;
}
