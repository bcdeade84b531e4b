import type ts from "typescript-6";
import { typescript, type SourceFile } from "../source-file.ts";
import { folderOf } from "./bindings.ts";

/** How the types of an app call what is `int8` in its tables: text where all of them say so, else a number. */
export type Int8As = "number" | "string";

/** A field whose type is not what the others of its name say. */
export interface OddField {
  readonly file: SourceFile;
  readonly line: number;
  readonly name: string;
}

/**
 * Reads how types near a database call its `int8` columns, by their names: `id: number`, `siteId: string`.
 *
 * Shape:  the names of the columns, and the sources of the service -> `string` where each field of such a name is text; and
 *         those that are text beside others that are numbers.
 */
export function int8As(
  columns: ReadonlySet<string>,
  sources: readonly SourceFile[],
): { as: Int8As; odd: OddField[] } {
  const texts: OddField[] = [];
  let numbers = 0;
  for (const file of sources) {
    for (const { node, name, type } of fieldsOf(file)) {
      if (!columns.has(name)) continue;
      if (type === typescript.SyntaxKind.NumberKeyword) numbers++;
      if (type === typescript.SyntaxKind.StringKeyword) texts.push({ file, line: file.lineOf(node), name });
    }
  }
  if (texts.length > 0 && numbers === 0) return { as: "string", odd: [] };
  return { as: "number", odd: texts };
}

interface Field {
  readonly node: ts.Node;
  readonly name: string;
  readonly type: ts.SyntaxKind | undefined;
}

/** The fields of types that may be of rows: what a parameter is called by its type says what comes from callers. */
function fieldsOf(file: SourceFile): Field[] {
  const found: Field[] = [];
  const given = new Set<string>();
  const queried = new Set<string>();
  file.walk((node) => {
    if (typescript.isParameter(node) && node.type && typescript.isTypeReferenceNode(node.type))
      given.add(node.type.typeName.getText());
    if (!typescript.isCallExpression(node) && !typescript.isTaggedTemplateExpression(node)) return;
    for (const one of node.typeArguments ?? []) queried.add(one.getText());
  });
  file.walk((node) => {
    if (!typescript.isPropertySignature(node)) return;
    const owner = node.parent;
    if (typescript.isTypeLiteralNode(owner) && typescript.isParameter(owner.parent)) return;
    if (
      typescript.isInterfaceDeclaration(owner) &&
      given.has(owner.name.text) &&
      !queried.has(owner.name.text)
    )
      return;
    found.push({ node, name: snake(node.name.getText()), type: node.type?.kind });
  });
  return found;
}

/** A name as columns are called: `siteID` and `siteId` are `site_id`. */
function snake(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
}

/** The names of the `int8` columns that migrations create. */
export function int8Columns(migrations: readonly string[]): Set<string> {
  const names = new Set<string>();
  for (const text of migrations) {
    for (const [, name] of text.matchAll(/"?([A-Za-z_]\w*)"?\s+(?:bigint|bigserial|int8|serial8)\b/gi))
      names.add(name!.toLowerCase());
  }
  return names;
}

/** The sources in the folder of a file and below. */
export function besideOf(file: SourceFile, sources: readonly SourceFile[]): SourceFile[] {
  const folder = folderOf(file.path);
  return sources.filter(({ path }) => folder === "" || path.startsWith(`${folder}/`));
}
