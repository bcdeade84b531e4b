import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { root } from "../../setup/command.mjs";

/** The compiler whose parser reads doc comments. @type {typeof import("../../../apps/docs/node_modules/typescript/lib/typescript.js")} */
const ts = createRequire(join(root, "apps/docs/package.json"))("typescript");

/**
 * A member of a declared type: its name, its type as it is written, and its doc comment.
 *
 * @typedef {{ name: string, type: string, optional: boolean, text: string }} Member
 * @typedef {{ name: string, room: string, text: string, bases: string[], members: Member[] }} Declaration
 */

/** @param {string} room a folder of `packages/` @returns {string[]} its sources without tests */
function sourcesOf(room) {
  const folder = join(root, "packages", room, "src");
  const files = readdirSync(folder, { recursive: true }).map(String);
  return files.filter((file) => /(?<!\.test|\.d)\.ts$/.test(file)).map((file) => join(folder, file));
}

/**
 * Reads the interfaces and object types of a package, with the doc comments of their members. By their syntax alone: types are shown
 * as they are written.
 *
 * @param {string} room a folder of `packages/`
 * @returns {Declaration[]}
 */
export function declarationsOf(room) {
  return sourcesOf(room).flatMap((path) => {
    const file = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
    /** @type {Declaration[]} */
    const found = [];
    /** @param {import("../../../apps/docs/node_modules/typescript/lib/typescript.js").Node} node */
    const visit = (node) => {
      if (ts.isInterfaceDeclaration(node)) {
        const bases = (node.heritageClauses ?? []).flatMap(({ types }) =>
          types.map((type) => type.getText(file).replaceAll(/\s+/g, " ")),
        );
        found.push({
          name: node.name.text,
          room,
          text: commentOf(node),
          bases,
          members: membersOf(node, file),
        });
      }
      if (ts.isTypeAliasDeclaration(node)) {
        found.push({
          name: node.name.text,
          room,
          text: commentOf(node),
          bases: [],
          members: membersOf(node, file),
        });
      }
      if (ts.isModuleDeclaration(node) || ts.isModuleBlock(node) || ts.isSourceFile(node))
        ts.forEachChild(node, visit);
    };
    visit(file);
    return found;
  });
}

/**
 * The members of a declaration, those of all arms of a union among them.
 *
 * @param {import("../../../apps/docs/node_modules/typescript/lib/typescript.js").Node} node
 * @param {import("../../../apps/docs/node_modules/typescript/lib/typescript.js").SourceFile} file
 * @returns {Member[]}
 */
function membersOf(node, file) {
  /** @type {Member[]} */
  const members = [];
  /** @param {import("../../../apps/docs/node_modules/typescript/lib/typescript.js").Node} child */
  const visit = (child) => {
    if (ts.isPropertySignature(child) || ts.isMethodSignature(child)) {
      const type = child.type?.getText(file).replaceAll(/\s+/g, " ") ?? "";
      const shown = ts.isMethodSignature(child)
        ? `(${child.parameters.map((each) => each.getText(file)).join(", ")}) => ${type}`
        : type;
      const isAbsent = type === "never";
      if (!isAbsent) {
        const optional = child.questionToken !== undefined;
        members.push({ name: child.name.getText(file), type: shown, optional, text: commentOf(child) });
      }
      return;
    }
    ts.forEachChild(child, visit);
  };
  ts.forEachChild(node, visit);
  return members;
}

/** The doc comment of a node without its tags. @param {import("../../../apps/docs/node_modules/typescript/lib/typescript.js").Node} node @returns {string} */
function commentOf(node) {
  const comments = ts.getJSDocCommentsAndTags(node).filter((part) => ts.isJSDoc(part));
  const last = comments.at(-1);
  return last === undefined ? "" : (ts.getTextOfJSDocComment(last.comment) ?? "").trim();
}

/** The names that a package's index exports. @param {string} room @returns {ReadonlySet<string>} */
export function exportedNames(room) {
  const path = join(root, "packages", room, "src/index.ts");
  const text = readFileSync(path, "utf8");
  return new Set([...text.matchAll(/\b[A-Z]\w+\b/g)].map(([name]) => name));
}
