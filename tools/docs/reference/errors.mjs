import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../setup/command.mjs";
import { code, prose, table } from "./table.mjs";

/** @typedef {{ code: string, http?: number, retryable?: boolean, meaning: string, hint?: string, answer?: string }} ErrorEntry */

/** @returns {Record<"codes" | "edge" | "downstream" | "database" | "system", ErrorEntry[]>} the list that both languages share */
export function errorList() {
  return JSON.parse(readFileSync(join(root, "contract/errors.json"), "utf8"));
}

/** A code that other pages can link to. @param {string} name */
const anchored = (name) => `<a id="${name}"></a>${code(name)}`;

/** Writes the page of errors, from `contract/errors.json`. @returns {string} */
export function errorsPage() {
  const { codes, edge, downstream, database, system } = errorList();
  const byCode = codes.map(({ code: name, http, retryable, meaning }) => {
    return [anchored(name), String(http), retryable === true ? "yes" : "no", prose(meaning)];
  });
  const byStatus = edge.map(({ http, code: name, meaning }) => [String(http), code(name), prose(meaning)]);
  const answered = downstream.map(({ code: name, answer = "", meaning }) => [
    code(name),
    code(answer),
    prose(meaning),
  ]);
  const ofDatabase = database.map(({ code: name, meaning }) => [code(name), prose(meaning)]);
  const ofSystem = system.map(({ code: name, meaning, hint = "" }) => [
    anchored(name),
    prose(meaning),
    prose(hint),
  ]);
  return `# Errors

Made from \`contract/errors.json\`, which both languages are held to. [Errors](/guides/errors) says how to throw and catch them.

## Codes of answers

\`APIError\` has one of these as \`code\`, and so has the body of each error answer. *Again* says whether the same call may succeed later.

${table(["code", "status", "again", "meaning"], byCode)}

## What the edge answers by itself

${table(["status", "code", "when"], byStatus)}

## What a dependency's failure becomes

Where nobody catches it. Everything else that a handler throws is ${code("internal")}, 500.

${table(["thrown", "answered", "meaning"], answered)}

## Codes of databases

${code("SQLError.code")} is the SQLSTATE where the server refused a statement, and one of these otherwise.

${table(["code", "meaning"], ofDatabase)}

## Codes of starts, builds and operations

${table(["code", "meaning", "what to do"], ofSystem)}
`;
}
