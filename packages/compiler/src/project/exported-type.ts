import type { Node, TypeIndex } from "@twinloop/core-native/build-time";
import { Arena } from "../types/arena.ts";
import { placeOf } from "../declarations/extract-file.ts";
import type { Problem } from "../problems/problem.ts";
import { sortProblems } from "../problems/problem.ts";
import { completeUnions } from "../types/tag.ts";
import { EndlessType, TypeReader } from "../types/type-reader.ts";
import type { NameNode, SyntaxNode, StatementNode } from "../typescript/syntax.ts";
import { findTsconfig } from "../typescript/tsconfig.ts";
import type { SourceText, TypeSource } from "../typescript/type-source.ts";
import { openSource, type ProjectOptions } from "./project.ts";
import { relativePath } from "./relative-path.ts";

/** An exported type, and where it is declared. */
export interface NamedPlace {
  readonly name: string;
  /** The path of the file, relative to the app's folder. */
  readonly file: string;
}

/** A type that was looked for by its name. */
export interface ExportedType {
  /** All exported types of the app, in the order of their files. */
  readonly known: readonly NamedPlace[];
  /** The exported types that have the name, and are in the file where one was given. */
  readonly found: readonly NamedPlace[];
  /** The types, where exactly one was found that JSON can hold; the first is the one that was looked for. */
  readonly types: readonly Node[];
  /** What keeps the found type from being data. */
  readonly problems: readonly Problem[];
}

/** What to look for. */
export interface ExportedTypeOptions extends ProjectOptions {
  readonly name: string;
  /** The path of the file, relative to the app's folder; any by default. */
  readonly file?: string | undefined;
}

/** Finds an exported interface, type alias or enumeration of an app by its name, and reads it as the types of endpoints are read. */
export function exportedType(root: string, { name, file, ...options }: ExportedTypeOptions): ExportedType {
  const tsconfig = findTsconfig(root, options.tsconfig, undefined);
  const source = openSource({ root, tsconfig }, options);
  try {
    const all = source.files().flatMap((text) => declaredIn(text, source, root));
    const known = all.map(({ place }) => place);
    const wanted = all.filter(
      ({ place }) => place.name === name && (file === undefined || place.file === file),
    );
    const [only] = wanted;
    const found = wanted.map(({ place }) => place);
    if (only === undefined || wanted.length > 1) return { known, found, types: [], problems: [] };
    return { known, found, ...readDeclared(only, source, root) };
  } finally {
    source.close();
  }
}

interface Declared {
  readonly place: NamedPlace;
  readonly text: SourceText;
  readonly node: StatementNode & { readonly name: NameNode; readonly typeParameters?: readonly SyntaxNode[] };
}

function declaredIn(text: SourceText, { kinds }: TypeSource, root: string): Declared[] {
  const declaring = [kinds.InterfaceDeclaration, kinds.TypeAliasDeclaration, kinds.EnumDeclaration];
  const found: Declared[] = [];
  text.tree.forEachChild((child: SyntaxNode) => {
    const node = child as Declared["node"];
    const isExported = node.modifiers?.some(({ kind }) => kind === kinds.ExportKeyword) === true;
    if (!isExported || !declaring.includes(node.kind)) return;
    found.push({ place: { name: node.name.text, file: relativePath(root, text.path) }, text, node });
  });
  return found;
}

function readDeclared(
  { node, text }: Declared,
  source: TypeSource,
  root: string,
): Pick<ExportedType, "types" | "problems"> {
  const problems: Problem[] = [];
  const texts = new Map(source.files().map((file) => [file.path, file.text]));
  const reader = new TypeReader(source, (site, code, message, hint) => {
    const place = placeOf(site.location, texts.get(site.location.path) ?? text.text);
    const file = relativePath(root, site.location.path);
    problems.push({ code, ...place, file, message, ...(hint === undefined ? {} : { hint }) });
  });
  const site = { location: source.location(node.name), path: node.name.text };
  try {
    if ((node.typeParameters ?? []).length > 0) {
      const hint = "Export an alias with its arguments: `export type LinkPage = Page<Link>;`.";
      reader.report(
        site,
        "type_not_json",
        `\`${node.name.text}\` has type parameters, so it is no one type`,
        hint,
      );
    }
    const read = reader.read(source.typeAt(node.name), site);
    reader.finish();
    completeUnions(reader);
    return { types: compacted(reader, read), problems: sortProblems(problems) };
  } catch (error) {
    if (!(error instanceof EndlessType)) throw error;
    const hint = "End its recursion.";
    reader.report(error.site, "type_not_json", `\`${node.name.text}\` expands into itself without end`, hint);
    return { types: [], problems: sortProblems(problems) };
  }
}

function compacted(reader: TypeReader, read: TypeIndex): Node[] {
  const arena = new Arena();
  arena.append(reader.finishedNodes());
  return arena.finish([reader.target(read)]).types;
}
