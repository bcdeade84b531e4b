import { isTest, lineAt } from "../finding.mjs";

const EXPORTED = /^export (?:declare )?(?:abstract )?(?:type|interface|class|enum) (\w+)/gm;

/**
 * Names that exported types of several packages may share, each with what it means in all of them. A name that is not here
 * belongs to one package.
 *
 * @type {Record<string, string>}
 */
const SHARED = {
  APIError: "an error that the app answers: as its handlers throw it, as its callers get it",
  Answer: "what the other side of a call said",
  Connection: "an open connection: to a database, to a stream of an app",
  Endpoint: "an HTTP endpoint: declared in api, found in the sources in compiler",
  Fault: "one thing wrong with an option",
  InputOf: "what the caller of an endpoint gives",
  Location: "where something is: a database, a place in a source file",
  Place: "where something goes: a statement in a session, a field in a request",
  Plan: "what the runtime is told at the start of what was declared",
  Problem: "what is wrong, where, and what to do: of an app at its start, of its sources",
  Reading: "how a text is read",
  RetryPolicy: "how often and how soon handlers are tried again",
  Revival: "where a document has dates, bigints and bytes; one text in both packages",
  State: "what a running thing is doing",
  Statement: "one SQL statement",
  Subscription: "of a topic, of a channel of PostgreSQL",
  Work: "what is done for one job: by a handler, by a command of the tool",
};

// The compiler writes what the schema package reads: one notion under one name in both.
const OF_THE_MANIFEST =
  /^(?:(?:Array|BigInt|Bytes|Number|Object|Property|String|Template|Tuple|Union)?Node|Bound|EndpointKind|Manifest|ResponseField|ResponsePlace|TypeIndex)$/;

/**
 * Finds exported types of different packages that have one name and are not listed as one notion.
 *
 * Shape: a tree -> one finding for each such name, at its second package.
 *
 * @param {import("../finding.mjs").Tree} tree
 * @returns {import("../finding.mjs").Finding[]}
 */
export function checkTypeNames(tree) {
  /** @type {Map<string, string>} the first package of each name */
  const homes = new Map();
  /** @type {Map<string, import("../finding.mjs").Finding>} */
  const findings = new Map();
  for (const file of tree.matching(/^packages\/[^/]+\/src\/.*\.ts$/)) {
    if (isTest(file)) continue;
    const room = file.split("/")[1] ?? "";
    const text = tree.read(file);
    for (const { 1: name = "", index } of text.matchAll(EXPORTED)) {
      const home = homes.get(name) ?? room;
      homes.set(name, home);
      if (home === room || Object.hasOwn(SHARED, name) || OF_THE_MANIFEST.test(name)) continue;
      const message = `\`${name}\` is exported by ${home} as well: name one of them after what it is there, or list the word in tools/tidy/rules/type-names.mjs.`;
      findings.set(name, { file, line: lineAt(text, index), rule: "type-name", message });
    }
  }
  return [...findings.values()];
}
