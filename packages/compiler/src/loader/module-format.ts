import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import type ts from "typescript-6";
import type { ModuleFormat } from "./transpile.ts";
import { typescript6 } from "../typescript/typescript6-module.ts";

/**
 * The format in which Node links a compiled file: by its extension, otherwise by `type` in the nearest package.json.
 *
 * Shape:  a CommonJS file that uses module syntax (`await` at the top level, `import.meta`) is a module.
 */
export function moduleFormat(path: string, source: string): ModuleFormat {
  if (/\.m[jt]sx?$/.test(path)) return "module";
  if (/\.c[jt]sx?$/.test(path)) return "commonjs";
  if (packageType(dirname(path)) === "module") return "module";
  if (!/\bawait\b|\bimport\.meta\b/.test(source)) return "commonjs";
  return needsModule(path, source) ? "module" : "commonjs";
}

function needsModule(path: string, source: string): boolean {
  const compiler = typescript6();
  const tree = compiler.createSourceFile(path, source, compiler.ScriptTarget.ES2022);
  const visit = (node: ts.Node, inFunction: boolean): boolean => {
    if (compiler.isMetaProperty(node) && node.keywordToken === compiler.SyntaxKind.ImportKeyword) return true;
    if (!inFunction && compiler.isAwaitExpression(node)) return true;
    if (!inFunction && compiler.isForOfStatement(node) && node.awaitModifier) return true;
    const inside = inFunction || compiler.isFunctionLike(node);
    return compiler.forEachChild(node, (child) => visit(child, inside) || undefined) === true;
  };
  return visit(tree, false);
}

const types = new Map<string, string>();

function packageType(folder: string): string {
  const known = types.get(folder);
  if (known !== undefined) return known;
  const own = typeIn(folder);
  const found = own ?? (dirname(folder) === folder ? "commonjs" : packageType(dirname(folder)));
  types.set(folder, found);
  return found;
}

/** The `type` in a folder's package.json, by default CommonJS; null where there is no package.json. */
function typeIn(folder: string): string | null {
  try {
    const { type } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8")) as { type?: unknown };
    return type === "module" ? "module" : "commonjs";
  } catch {
    return null;
  }
}
