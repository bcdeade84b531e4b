import type ts from "typescript-6";
import { typescript, type SourceFile } from "../source-file.ts";

/** One name that a file imports. */
export interface Binding {
  /** The name in the file. */
  readonly local: string;
  /** The name in the module; `default`, or `*` for a namespace. */
  readonly imported: string;
  readonly specifier: string;
  readonly node: ts.Node;
}

/** Lists what a file imports by `import` declarations. */
export function bindingsOf(file: SourceFile): Binding[] {
  const found: Binding[] = [];
  for (const statement of file.tree.statements) {
    if (!typescript.isImportDeclaration(statement)) continue;
    const specifier = (statement.moduleSpecifier as ts.StringLiteral).text;
    const clause = statement.importClause;
    if (clause?.name)
      found.push({ local: clause.name.text, imported: "default", specifier, node: clause.name });
    const named = clause?.namedBindings;
    if (named && typescript.isNamespaceImport(named)) {
      found.push({ local: named.name.text, imported: "*", specifier, node: named });
    } else if (named) {
      for (const one of named.elements) {
        const imported = (one.propertyName ?? one.name).text;
        found.push({ local: one.name.text, imported, specifier, node: one });
      }
    }
  }
  return found;
}

/** The names of a file's `export { get, list as all }`: what is exported, by its local name. */
export function listedExports(file: SourceFile): Map<string, string> {
  const names = new Map<string, string>();
  for (const statement of file.tree.statements) {
    if (!typescript.isExportDeclaration(statement) || statement.moduleSpecifier) continue;
    const { exportClause } = statement;
    if (!exportClause || !typescript.isNamedExports(exportClause)) continue;
    for (const one of exportClause.elements) names.set((one.propertyName ?? one.name).text, one.name.text);
  }
  return names;
}

/** The local names of a file that stand for something of Encore or Twinloop, by the name that it has there. */
export function frameworkNames(file: SourceFile): Map<string, string> {
  const names = new Map<string, string>();
  for (const { local, imported, specifier } of bindingsOf(file)) {
    if (/^(?:encore\.dev|~encore|@twinloop)(?:\/|$)/.test(specifier)) names.set(local, imported);
  }
  return names;
}

/** The folder of a path: empty for the app's own. */
export function folderOf(path: string): string {
  const at = path.lastIndexOf("/");
  return at === -1 ? "" : path.slice(0, at);
}

/** The specifier of one source in another, with the ending that the app's imports have. */
export function specifierOf(from: string, to: string, ending: Ending): string {
  const here = folderOf(from) === "" ? [] : folderOf(from).split("/");
  const there = to.split("/");
  let shared = 0;
  while (shared < here.length && shared < there.length - 1 && here[shared] === there[shared]) shared++;
  const up = here.length - shared;
  const path = [...(up === 0 ? ["."] : Array<string>(up).fill("..")), ...there.slice(shared)].join("/");
  if (ending === "ts") return path;
  const bare = path.replace(/\.([cm]?)[jt]sx?$/, ending === "js" ? ".$1js" : "");
  return bare;
}

/** How the app's relative imports end: `./x`, `./x.js` or `./x.ts`. */
export type Ending = "none" | "js" | "ts";

/** Reads how most relative imports of these files end; without any, they have no ending. */
export function endingOf(files: Iterable<SourceFile>): Ending {
  const counts = { none: 0, js: 0, ts: 0 };
  for (const file of files) {
    for (const statement of file.tree.statements) {
      if (!typescript.isImportDeclaration(statement)) continue;
      const { text } = statement.moduleSpecifier as ts.StringLiteral;
      if (!text.startsWith(".")) continue;
      if (/\.[cm]?tsx?$/.test(text)) counts.ts++;
      else if (/\.[cm]?jsx?$/.test(text)) counts.js++;
      else counts.none++;
    }
  }
  if (counts.ts > counts.none && counts.ts >= counts.js) return "ts";
  return counts.js > counts.none ? "js" : "none";
}
