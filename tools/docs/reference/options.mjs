import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../setup/command.mjs";
import { declarationsOf, exportedNames } from "./doc-comments.mjs";
import { code, prose, table } from "./table.mjs";

/** @typedef {import("./doc-comments.mjs").Declaration} Declaration */

/** The packages that have types for users: the runtime first, whose `StartOptions` the others extend. */
const ROOMS = [
  "core-native",
  ...readdirSync(join(root, "packages"))
    .filter((room) => room !== "core-native" && existsSync(join(root, "packages", room, "src/index.ts")))
    .toSorted(),
];

/** What is called so holds options that users write. */
const NAMES = /(?:Options|Config|Limits|FormLimits|RetryPolicy|JobTiming|JobTimes|JobWork)$/;

/** @returns {Map<string, Declaration[]>} the types of options that the packages export, by package; several declarations of one name are one */
export function optionTypes() {
  /** @type {Map<string, Declaration[]>} */
  const types = new Map();
  for (const room of ROOMS) {
    const exported = exportedNames(room);
    const found = declarationsOf(room).filter(({ name, members }) => {
      return members.length > 0 && NAMES.test(name) && exported.has(name);
    });
    const names = [...new Set(found.map(({ name }) => name))];
    if (names.length === 0) continue;
    types.set(
      room,
      names.map((name) => merged(found.filter((each) => each.name === name))),
    );
  }
  return types;
}

/** @param {Declaration[]} parts declarations of one name @returns {Declaration} */
function merged(parts) {
  const [first] = parts;
  const members = parts.flatMap((part) => part.members);
  const bases = [...new Set(parts.flatMap((part) => part.bases))];
  return {
    .../** @type {Declaration} */ (first),
    members,
    bases,
    text: parts.map(({ text }) => text).find(Boolean) ?? "",
  };
}

/** Writes the page of options, from the doc comments of their types. @returns {string} */
export function optionsPage() {
  const types = optionTypes();
  const known = new Set([...types.values()].flat().map(({ name }) => name));
  const sections = [...types].map(([room, declarations]) => {
    const parts = declarations.map((declaration) => partOf(declaration, known));
    return `## @twinloop/${room}\n\n${parts.join("\n\n")}`;
  });
  return `# Options

Made from the doc comments of the types, as editors show them. A \`Duration\` is \`"30s"\`, \`"5m"\`, \`"1h30m"\`, or milliseconds as a number; times that are plain numbers are milliseconds. An option that is unknown, of another kind or out of its range is a problem of
\`twinloop check\`, \`build\` and \`start()\`.

${sections.join("\n\n")}
`;
}

/** @param {Declaration} declaration @param {ReadonlySet<string>} known */
function partOf({ name, room, text, bases, members }, known) {
  const others = room !== "core-native" && ["StartOptions", "LimitOptions", "ServiceConfig"].includes(name);
  const heading = others ? `${name} of ${room}` : name;
  const and = bases.map((base) => linked(base, known)).join(", ");
  const rows = members.map((member) => {
    return [code(member.optional ? `${member.name}?` : member.name), code(member.type), prose(member.text)];
  });
  const further = and === "" ? "" : `\n\nAnd those of ${and}.`;
  return `### ${heading}\n\n${prose(text)}\n\n${table(["option", "type", ""], rows)}${further}`;
}

/** @param {string} base @param {ReadonlySet<string>} known */
function linked(base, known) {
  const name = /\b\w+(?=>?$)/.exec(base)?.[0] ?? base;
  return known.has(name) ? `[${code(base)}](#${name.toLowerCase()})` : code(base);
}
