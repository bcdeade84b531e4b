import { isTest, lineAt } from "../finding.mjs";

/** Rooms that serve every primitive alike. */
const COMMON = /^(?:packages\/(?:compiler|cli|core-native)\/|tools\/|contract\/)/;

/** Files of these rooms that are no code: pages, cases, and lists of what tests install. */
const UNRULED = /\.md$|\/package\.json$|^contract\/cases\/|^tools\/tidy\/fixture-tree\.mjs$/;

/**
 * The files that may name a primitive, each with the reason.
 *
 * @type {Record<string, string>}
 */
const ALLOWED = {
  "contract/manifest.schema.json": "an example in a description",
  "packages/core-native/manifest.schema.json": "a copy of the contract's",
  "packages/core-native/src/sharing/secret-store.ts":
    "the log redacts secrets, so core-native itself asks the component that holds them",
  "packages/core-native/src/telemetry/open-span.ts": "the kind of a span that calls another server",
  "packages/core-native/src/telemetry/outgoing-span.ts": "the kind of a span that calls another server",
  "packages/compiler/src/types/marker.ts":
    "types of request fields, which belong to the section of endpoints",
  "tools/api-docs/tsconfig.json": "entries of packages whose names differ from their files",
  "tools/cast/session.mjs": "the app of the recorded session",
  "tools/definitions/definitions.mjs": "a copy for the package that may depend on nothing",
  "tools/docs/reference/environment.mjs": "an app that declares one of each, whose variables the page lists",
  "tools/docs/reference/types.mjs": "the package that constraints are imported from",
  "tools/docs/sections.mjs": "the pages of the site, named one by one",
  "tools/release/smoke-test.mjs": "the packages whose programs need no server",
  "tools/suites/postgres.mjs": "the driver that its own tests use makes the tests' databases",
  "tools/suites/run-suites.mjs": "the suites that run on the embedded server as well",
  "tools/tidy/rules/rust-circles.mjs": "circles that were there before the rule",
};

/**
 * Finds the names of primitives in rooms that serve all of them: a further primitive must edit none of these.
 *
 * Shape: a tree -> findings, one for each place. A primitive is a package whose package.json has a field `twinloop`. Its name
 *        counts in code as a package, crate or folder (`@twinloop/cron`, `crates/cron`) and as a whole text (`"cron"`).
 *
 * @param {import("../finding.mjs").Tree} tree
 * @returns {import("../finding.mjs").Finding[]}
 */
export function checkNamedPrimitives(tree) {
  const names = primitives(tree).join("|");
  if (names === "") return [];
  const place = `(?:@twinloop/|twinloop-|crates/|packages/)(${names})\\b(?!-)`;
  const named = new RegExp(`${place}|(["'\`])(${names})\\2`, "g");
  return tree.matching(COMMON).flatMap((file) => {
    if (isTest(file) || UNRULED.test(file) || Object.hasOwn(ALLOWED, file)) return [];
    const text = withoutComments(tree.read(file));
    return [...text.matchAll(named)].map((found) => finding(file, lineAt(text, found.index), found));
  });
}

/** @param {import("../finding.mjs").Tree} tree @returns {string[]} the short names of the packages that apps declare with */
function primitives(tree) {
  return tree.matching(/^packages\/[^/]+\/package\.json$/).flatMap((file) => {
    const name = file.split("/")[1] ?? "";
    return COMMON.test(file) || JSON.parse(tree.read(file)).twinloop === undefined ? [] : [name];
  });
}

/** @param {string} text @returns {string} the same lines with comments as spaces */
function withoutComments(text) {
  return text.replace(/(?<=^|[\s(])(?:\/\*[\s\S]*?\*\/|\/\/.*$)/gm, (comment) =>
    comment.replace(/[^\n]/g, " "),
  );
}

/** @param {string} file @param {number} line @param {RegExpMatchArray} found @returns {import("../finding.mjs").Finding} */
function finding(file, line, found) {
  const message = `names the primitive \`${found[1] ?? found[3]}\`: let its package say what is special about it (declares.json, ./cli, a role), or list the file with a reason in tools/tidy/rules/named-primitives.mjs.`;
  return { file, line, rule: "named-primitive", message };
}
