import type ts from "typescript-6";
import type { Plan } from "../plan.ts";
import { typescript, type SourceFile } from "../source-file.ts";
import { encoreModules, homeOf, isEncore } from "./modules.ts";

type Specifiers = ts.NamedImports | ts.NamedExports;

/** Rewrites all imports of Encore's modules but `~encore/clients`, and reports those that have no counterpart. */
export function rewriteImports(file: SourceFile, plan: Plan): void {
  file.walk((node) => {
    if (typescript.isImportDeclaration(node) || typescript.isExportDeclaration(node))
      rewrite(node, file, plan);
    else if (typescript.isStringLiteralLike(node) && isModuleWord(node)) rewriteWord(node, file, plan);
  });
}

function rewrite(node: ts.ImportDeclaration | ts.ExportDeclaration, file: SourceFile, plan: Plan): void {
  const literal = node.moduleSpecifier;
  if (!literal || !typescript.isStringLiteral(literal)) return;
  const specifier = literal.text;
  if (!isEncore(specifier) || specifier === "~encore/clients") return;
  const known = encoreModules[specifier];
  if (known === undefined) {
    plan.note("left", file.path, file.lineOf(node), `${specifier}: no counterpart is known of this module`);
    return;
  }
  const named = namedOf(node);
  if (named === null) rewriteWhole(literal, file, plan);
  else rewriteNames(node, named, { file, plan, specifier });
}

function namedOf(node: ts.ImportDeclaration | ts.ExportDeclaration): Specifiers | null {
  const named = typescript.isImportDeclaration(node) ? node.importClause?.namedBindings : node.exportClause;
  return named && (typescript.isNamedImports(named) || typescript.isNamedExports(named)) ? named : null;
}

/** An import without names of its own: a default, a namespace, `export *`. */
function rewriteWhole(literal: ts.StringLiteralLike, file: SourceFile, plan: Plan): void {
  const { module, without = "" } = encoreModules[literal.text]!;
  const line = file.lineOf(literal);
  if (module === null) plan.note("left", file.path, line, `${literal.text} has no counterpart. ${without}`);
  else {
    file.replaceString(literal, module);
    plan.note("rewritten", file.path, line, `${literal.text} -> ${module}`);
  }
}

interface Where {
  readonly file: SourceFile;
  readonly plan: Plan;
  readonly specifier: string;
}

function rewriteNames(
  node: ts.ImportDeclaration | ts.ExportDeclaration,
  named: Specifiers,
  { file, plan, specifier }: Where,
): void {
  const groups = new Map<string, string[]>();
  const renamed: string[] = [];
  for (const one of named.elements) {
    const imported = (one.propertyName ?? one.name).text;
    const home = homeOf(specifier, imported);
    if (home === null) {
      const { without = "Write it out." } = encoreModules[specifier] ?? {};
      plan.note(
        "left",
        file.path,
        file.lineOf(one),
        `\`${imported}\` of ${specifier} has no counterpart. ${without}`,
      );
      noteUses(one.name.text, file, plan);
    } else if (home.name !== imported) renamed.push(`${imported} is ${home.name}`);
    const text = home === null || home.name === imported ? file.textOf(one) : renamedText(one, home.name);
    const module = home?.module ?? specifier;
    groups.set(module, [...(groups.get(module) ?? []), text]);
  }
  if (groups.size === 0) groups.set(encoreModules[specifier]?.module ?? specifier, []);
  const literal = node.moduleSpecifier as ts.StringLiteral;
  const line = file.lineOf(node);
  const homes = [...groups.keys()].filter((module) => module !== specifier);
  if (homes.length === 0) return;
  const [first, ...others] = [...groups];
  if (others.length > 0 || renamed.length > 0) file.replace(named, braces(first![1]));
  if (first![0] !== specifier) file.replaceString(literal, first![0]);
  const word = typescript.isImportDeclaration(node) ? "import" : "export";
  const isTypeOnly = typescript.isImportDeclaration(node)
    ? node.importClause?.phaseModifier === typescript.SyntaxKind.TypeKeyword
    : node.isTypeOnly;
  const quote = file.textOf(literal)[0]!;
  const more = others.map(
    ([module, texts]) =>
      `\n${word}${isTypeOnly ? " type" : ""} ${braces(texts)} from ${quote}${module}${quote};`,
  );
  file.edit.appendLeft(node.getEnd(), more.join(""));
  const names = renamed.length === 0 ? "" : ` (${renamed.join(", ")})`;
  plan.note("rewritten", file.path, line, `${specifier} -> ${homes.join(", ")}${names}`);
}

function renamedText(one: ts.ImportSpecifier | ts.ExportSpecifier, name: string): string {
  return `${one.isTypeOnly ? "type " : ""}${name} as ${one.name.text}`;
}

function braces(texts: readonly string[]): string {
  return `{ ${texts.join(", ")} }`;
}

/** Reports where a name without counterpart is used. */
function noteUses(local: string, file: SourceFile, plan: Plan): void {
  const lines = new Set<number>();
  file.walk((node) => {
    if (!typescript.isIdentifier(node) || node.text !== local) return;
    if (typescript.isImportSpecifier(node.parent) || typescript.isExportSpecifier(node.parent)) return;
    lines.add(file.lineOf(node));
  });
  for (const line of lines) plan.note("left", file.path, line, `uses \`${local}\` of Encore`);
}

/** Whether a text names a module by its place: `import("x")`, `require("x")`, `vi.mock("x")`, an import type. */
function isModuleWord(node: ts.StringLiteralLike): boolean {
  if (!isEncore(node.text) || node.text === "~encore/clients") return false;
  const { parent } = node;
  if (typescript.isLiteralTypeNode(parent)) return typescript.isImportTypeNode(parent.parent);
  if (typescript.isExternalModuleReference(parent)) return true;
  if (!typescript.isCallExpression(parent) || parent.arguments[0] !== node) return false;
  const called = parent.expression.getText();
  return (
    parent.expression.kind === typescript.SyntaxKind.ImportKeyword ||
    /^(?:require|(?:vi|jest)\.\w+)$/.test(called)
  );
}

function rewriteWord(literal: ts.StringLiteralLike, file: SourceFile, plan: Plan): void {
  if (encoreModules[literal.text] === undefined) {
    plan.note(
      "left",
      file.path,
      file.lineOf(literal),
      `${literal.text}: no counterpart is known of this module`,
    );
    return;
  }
  rewriteWhole(literal, file, plan);
  if (literal.text === "~encore/auth" && /^(?:vi|jest)\./.test(literal.parent.getText()))
    plan.note(
      "left",
      file.path,
      file.lineOf(literal),
      "the mock now stands for all of @twinloop/api/auth: give it what the tested modules use of it",
    );
}
