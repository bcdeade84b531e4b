import { isBuiltin } from "node:module";
import type {
  CallNode,
  ImportNode,
  NameNode,
  SpecifierNode,
  StatementNode,
  SyntaxKinds,
  SyntaxNode,
} from "../typescript/syntax.ts";

/** One place that names another module. */
export interface ModuleUse {
  /** The string that names the module. */
  specifier: NameNode;
  /** Whether the import is erased with the types, and loads nothing. */
  isTypeOnly: boolean;
  /** Whether the import is an `import()`, whose failure the app may catch. */
  isDynamic: boolean;
  /** The imported names. */
  names: readonly ImportedName[];
}

export interface ImportedName {
  /** The name in the other module. */
  exported: string;
  /** The name in this file. */
  local: string;
  node: NameNode;
  isTypeOnly: boolean;
}

/** The imports and re-exports of a file, in source order. */
export interface FileImports {
  uses: readonly ModuleUse[];
  /** Every local name that an import binds. */
  locals: ReadonlySet<string>;
  /** Files named by `new URL("./x", import.meta.url)`: entries of worker threads, which load them. */
  urls: readonly string[];
  /** Whether the file has an `import()` or `require()` of a computed name, so that its imports are unknown. */
  loadsUnknown: boolean;
}

/** Reads the imports of a file from its syntax alone. */
export function importsIn(tree: SyntaxNode, kinds: SyntaxKinds): FileImports {
  const uses: ModuleUse[] = [];
  const locals = new Set<string>();
  const urls: string[] = [];
  let loadsUnknown = false;
  const visit = (node: SyntaxNode): void => {
    if (node.kind === kinds.ImportDeclaration) {
      const use = importUse(node as ImportNode, kinds);
      uses.push(use);
      for (const { local } of use.names) locals.add(local);
      for (const name of wholeNames(node as ImportNode)) locals.add(name);
    } else if (node.kind === kinds.ExportDeclaration) {
      const use = exportUse(node as StatementNode);
      if (use !== null) uses.push(use);
    } else if (node.kind === kinds.ImportEqualsDeclaration) {
      const { name, moduleReference } = node as ImportEqualsNode;
      locals.add(name.text);
      const specifier = moduleReference.expression;
      if (specifier?.kind === kinds.StringLiteral)
        uses.push({ specifier: specifier as NameNode, isTypeOnly: false, isDynamic: false, names: [] });
    } else if (node.kind === kinds.NewExpression) {
      const url = fileUrl(node as CallNode, kinds);
      if (url !== null) urls.push(url);
    } else if (node.kind === kinds.CallExpression && isLoad(node as CallNode, kinds)) {
      const specifier = (node as CallNode).arguments?.[0];
      const isLiteral =
        specifier?.kind === kinds.StringLiteral || specifier?.kind === kinds.NoSubstitutionTemplateLiteral;
      if (isLiteral)
        uses.push({ specifier: specifier as NameNode, isTypeOnly: false, isDynamic: true, names: [] });
      else loadsUnknown = true;
    }
    node.forEachChild((child: SyntaxNode) => void visit(child));
  };
  visit(tree);
  return { uses, locals, urls, loadsUnknown };
}

interface ImportEqualsNode extends SyntaxNode {
  readonly name: NameNode;
  readonly moduleReference: SyntaxNode & { readonly expression?: SyntaxNode };
}

/** The path `./x` in `new URL("./x", import.meta.url)`; null for other expressions. */
function fileUrl({ expression, arguments: given = [] }: CallNode, kinds: SyntaxKinds): string | null {
  const isUrl = expression.kind === kinds.Identifier && (expression as NameNode).text === "URL";
  const [path] = given;
  return isUrl && given.length === 2 && path?.kind === kinds.StringLiteral ? (path as NameNode).text : null;
}

function isLoad({ expression }: CallNode, kinds: SyntaxKinds): boolean {
  if (expression.kind === kinds.ImportKeyword) return true;
  return expression.kind === kinds.Identifier && (expression as NameNode).text === "require";
}

function importUse(node: ImportNode, kinds: SyntaxKinds): ModuleUse {
  const clause = node.importClause;
  const isTypeOnly = clause?.isTypeOnly === true || clause?.phaseModifier === kinds.TypeKeyword;
  const elements = clause?.namedBindings?.elements ?? [];
  const names = elements.map((element) => importedName(element, isTypeOnly));
  const hasValue =
    clause === undefined ||
    clause.name !== undefined ||
    elements.length === 0 ||
    names.some((name) => !name.isTypeOnly);
  return { specifier: node.moduleSpecifier, isTypeOnly: isTypeOnly || !hasValue, isDynamic: false, names };
}

function exportUse(node: StatementNode): ModuleUse | null {
  if (node.moduleSpecifier === undefined) return null;
  const isTypeOnly = (node as { isTypeOnly?: boolean }).isTypeOnly === true;
  const elements = (node.exportClause?.elements ?? []) as unknown as readonly SpecifierNode[];
  const names = elements.map((element) => importedName(element, isTypeOnly));
  return { specifier: node.moduleSpecifier, isTypeOnly, isDynamic: false, names };
}

function importedName(element: SpecifierNode, isTypeOnly: boolean): ImportedName {
  const node = element.propertyName ?? element.name;
  return {
    exported: node.text,
    local: element.name.text,
    node,
    isTypeOnly: isTypeOnly || element.isTypeOnly,
  };
}

/** The names of the default import and of `* as name`. */
function wholeNames({ importClause }: ImportNode): string[] {
  const names = [importClause?.name, importClause?.namedBindings?.name];
  return names.flatMap((name) => (name === undefined ? [] : [name.text]));
}

/**
 * The npm package that a specifier names; null for a path, a built-in module of Node, or a `#name` of the app itself.
 */
export function packageInSpecifier(specifier: string): string | null {
  if (/^[./#]|^[a-z]+:/.test(specifier) || isBuiltin(specifier)) return null;
  const parts = specifier.split("/");
  return specifier.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? null);
}
