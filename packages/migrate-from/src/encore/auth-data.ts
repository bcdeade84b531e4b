import type ts from "typescript-6";
import type { Plan } from "../plan.ts";
import { typescript, type SourceFile } from "../source-file.ts";
import { bindingsOf, folderOf, listedExports, specifierOf, type Ending } from "./bindings.ts";
import type { FileDeclarations } from "./declarations.ts";

/** The type of the data that the app's auth handler gives, and where it is found. */
interface AuthDataType {
  readonly name: string;
  /** The source that declares it, or the specifier of a package. */
  readonly source: { readonly path: string } | { readonly specifier: string };
}

/**
 * Gives the calls of `getAuthData` the type of the auth handler's data, which Encore writes into `~encore/auth` when it builds.
 */
export function typeAuthData(all: readonly FileDeclarations[], plan: Plan, ending: Ending): void {
  const callers = all.filter(({ file }) => authCalls(file).length > 0);
  if (callers.length === 0) return;
  const handlers = all.filter(({ authHandlers }) => authHandlers.length > 0);
  const type = handlers.length === 1 ? dataTypeOf(handlers[0]!, plan) : null;
  for (const { file } of callers) {
    const calls = authCalls(file);
    if (type !== null) addType(file, calls, { type, plan, ending });
    else if (usesMore(calls)) {
      const message =
        "getAuthData() gives { userID } here: write the type of your auth handler's data, getAuthData<AuthData>()";
      for (const call of calls) plan.note("left", file.path, file.lineOf(call), message);
    }
  }
}

/** The calls of `getAuthData` in a file that name no type. */
function authCalls(file: SourceFile): ts.CallExpression[] {
  const local = bindingsOf(file).find(
    ({ imported, specifier }) =>
      imported === "getAuthData" && /^(?:~encore\/auth|@twinloop\/api(?:\/auth)?)$/.test(specifier),
  )?.local;
  const calls: ts.CallExpression[] = [];
  if (local === undefined) return calls;
  file.walk((node) => {
    if (typescript.isCallExpression(node) && node.expression.getText() === local && !node.typeArguments)
      calls.push(node);
  });
  return calls;
}

/** Whether more than the caller's id is read of the data. */
function usesMore(calls: readonly ts.CallExpression[]): boolean {
  return calls.some((call) => {
    const inner = typescript.isNonNullExpression(call.parent) ? call.parent.parent : call.parent;
    return !typescript.isPropertyAccessExpression(inner) || inner.name.text !== "userID";
  });
}

function dataTypeOf({ file, authHandlers }: FileDeclarations, plan: Plan): AuthDataType | null {
  const [call] = authHandlers;
  const node = call?.typeArguments?.[1] ?? returned(call?.arguments[0], file);
  const name = node === undefined ? null : nameIn(node);
  if (name === null) return null;
  const imported = bindingsOf(file).find(({ local }) => local === name);
  if (imported !== undefined && imported.imported === name) {
    const { specifier } = imported;
    if (!specifier.startsWith(".")) return { name, source: { specifier } };
    return { name, source: { path: joined(folderOf(file.path), specifier) } };
  }
  const declared = file.tree.statements.find((one) => isDeclarationOf(one, name));
  if (declared === undefined) return null;
  const isExported = typescript.canHaveModifiers(declared)
    ? typescript.getModifiers(declared)?.some(({ kind }) => kind === typescript.SyntaxKind.ExportKeyword)
    : false;
  if (isExported !== true && !listedExports(file).has(name)) {
    file.edit.appendLeft(declared.getStart(file.tree), "export ");
    plan.note(
      "rewritten",
      file.path,
      file.lineOf(declared),
      `\`${name}\` is exported, for the callers of getAuthData`,
    );
  }
  return { name, source: { path: file.path } };
}

/** The return type that a handler is written with: of a function in place, or of a variable of the file. */
function returned(handler: ts.Expression | undefined, file: SourceFile): ts.TypeNode | undefined {
  if (handler === undefined) return undefined;
  if (typescript.isArrowFunction(handler) || typescript.isFunctionExpression(handler)) return handler.type;
  if (!typescript.isIdentifier(handler)) return undefined;
  for (const statement of file.tree.statements) {
    if (typescript.isFunctionDeclaration(statement) && statement.name?.text === handler.text)
      return statement.type;
    if (!typescript.isVariableStatement(statement)) continue;
    const found = statement.declarationList.declarations.find(({ name }) => name.getText() === handler.text);
    if (found?.initializer) return returned(found.initializer, file);
  }
  return undefined;
}

/** The name of the data's type within `Promise<AuthData | null>`; null where it is written out in place. */
function nameIn(node: ts.TypeNode): string | null {
  if (typescript.isUnionTypeNode(node)) {
    const named = node.types.map(nameIn).filter((name) => name !== null);
    return named.length === 1 ? named[0]! : null;
  }
  if (!typescript.isTypeReferenceNode(node) || !typescript.isIdentifier(node.typeName)) return null;
  const [argument] = node.typeArguments ?? [];
  if (argument === undefined) return node.typeName.text;
  return node.typeName.text === "Promise" ? nameIn(argument) : null;
}

function isDeclarationOf(statement: ts.Statement, name: string): boolean {
  return (
    (typescript.isInterfaceDeclaration(statement) ||
      typescript.isTypeAliasDeclaration(statement) ||
      typescript.isClassDeclaration(statement)) &&
    statement.name?.text === name
  );
}

interface AddOptions {
  readonly type: AuthDataType;
  readonly plan: Plan;
  readonly ending: Ending;
}

function addType(
  file: SourceFile,
  calls: readonly ts.CallExpression[],
  { type, plan, ending }: AddOptions,
): void {
  const isHere = "path" in type.source && sameModule(type.source.path, file.path);
  const known = bindingsOf(file).find(({ local }) => local === type.name);
  const isTaken = known !== undefined || file.tree.statements.some((one) => isDeclarationOf(one, type.name));
  const local = !isHere && isTaken && known?.imported !== type.name ? `Caller${type.name}` : type.name;
  for (const call of calls) {
    file.edit.appendLeft(call.expression.getEnd(), `<${local}>`);
    plan.note("rewritten", file.path, file.lineOf(call), `getAuthData<${local}>()`);
  }
  if (isHere || known?.imported === type.name) return;
  const specifier =
    "path" in type.source ? specifierOf(file.path, type.source.path, ending) : type.source.specifier;
  const { quote } = file;
  const name = local === type.name ? local : `${type.name} as ${local}`;
  const last = file.tree.statements.filter((one) => typescript.isImportDeclaration(one)).at(-1);
  const text = `import type { ${name} } from ${quote}${specifier}${quote};`;
  if (last) file.edit.appendLeft(last.getEnd(), `\n${text}`);
  else file.edit.prepend(`${text}\n`);
}

function joined(folder: string, specifier: string): string {
  const parts = folder === "" ? [] : folder.split("/");
  for (const part of specifier.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

function sameModule(one: string, other: string): boolean {
  const bare = (path: string): string => path.replace(/\.[cm]?[jt]sx?$/, "");
  return bare(one) === bare(other);
}
