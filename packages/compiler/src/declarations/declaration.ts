import type { Catalogue } from "../imports/catalogue.ts";
import { declaresOf } from "./declares.ts";
import type { Declarator, Declares } from "./declares-definition.ts";
import type { ProblemCode } from "../problems/problem.ts";
import { initializerOf, staticValue } from "./static-value.ts";
import {
  declaredCalls,
  exportedNames,
  memberAccess,
  unwrap,
  type BindingNode,
  type DeclaredCall,
  type NameNode,
  type SyntaxKinds,
  type SyntaxNode,
  type VariableNode,
} from "../typescript/syntax.ts";
import type { Location, SourceText, TypeSource } from "../typescript/type-source.ts";

/** A call in the app that declares something of a package. */
export interface Declaration extends DeclaredCall {
  /** The package's name, such as `@twinloop/api`. */
  package: string;
  /** The callee as the package exports it, such as `api`, `api.raw` or `Topic`. */
  what: string;
  /** The package's description of such a call. */
  declarator: Declarator;
  /** The exported name of the variable; null when it is not exported. */
  exportName: string | null;
  location: Location;
}

/** The declarations of a file, and the calls that look like declarations but are not. */
export interface FoundDeclarations {
  /** The declarations in source order. */
  declarations: Declaration[];
  /** Members that the package does not have, such as an `api.raw` that it does not have yet. */
  missing: { member: NameNode; of: string; package: string }[];
  /** Names like `api` that are neither imported nor declared in this file. */
  unknown: NameNode[];
}

/** Finds the declarations of a file. */
export function declarationsOf(
  file: SourceText,
  source: TypeSource,
  imported: ReadonlySet<string>,
  catalogue: Catalogue,
): FoundDeclarations {
  const { kinds } = source;
  const exported = exportedNames(file.tree, kinds);
  const missing: FoundDeclarations["missing"] = [];
  const unknown: NameNode[] = [];
  const calls = declaredCalls(file.tree, kinds);
  announceNames(calls, source);
  const declarations = calls.flatMap((found): Declaration[] => {
    const callee = unwrap(found.call.expression, kinds);
    const origin = originOf(callee, { source, names: catalogue.names });
    if (origin === null) {
      const name = rootName(callee, kinds);
      if (
        name !== null &&
        catalogue.names.has(name.text) &&
        !imported.has(name.text) &&
        source.resolve(name) === null
      )
        unknown.push(name);
      return [];
    }
    if (origin.member !== undefined && !mayDeclare(origin, origin.member, source)) {
      missing.push({ member: origin.member, of: origin.what.split(".")[0] ?? "", package: origin.package });
      return [];
    }
    const declarator = declaratorOf(origin);
    if (declarator === undefined) return [];
    const name = found.variable?.text ?? null;
    const isDefault = found.call.parent.kind === kinds.ExportAssignment;
    const exportName = isDefault
      ? "default"
      : name === null
        ? null
        : found.exported
          ? name
          : (exported.get(name) ?? null);
    const { package: home, what } = origin;
    const location = source.location(found.call);
    return [{ ...found, package: home, what, declarator, exportName, location }];
  });
  return { declarations, missing, unknown };
}

/** The first name of a callee: `api` in `api(…)` and in `api.raw(…)`. */
function rootName(node: SyntaxNode, kinds: SyntaxKinds): NameNode | null {
  const callee = unwrap(node, kinds);
  if (callee.kind === kinds.Identifier) return callee as NameNode;
  const access = memberAccess(callee, kinds);
  return access === null ? null : rootName(access.object, kinds);
}

/** Announces the callee of every call and the variable that holds its result, so that they are resolved together. */
function announceNames(calls: readonly DeclaredCall[], source: TypeSource): void {
  const callees = calls.map(({ call }) => unwrap(call.expression, source.kinds));
  const names = callees.filter(({ kind }) => kind === source.kinds.Identifier);
  source.announce([], [...names, ...calls.flatMap(({ variable }) => variable ?? [])]);
}

/**
 * The declarator that a callee resolves to; `member` is the node that names a member of it, such as `raw` in `api.raw`.
 */
interface Origin {
  package: string;
  declares: Declares;
  what: string;
  member?: NameNode;
}

/** The checker's answers and the names worth resolving, for following a callee. */
interface Following {
  readonly source: TypeSource;
  readonly names: ReadonlySet<string>;
}

function declaratorOf({ declares, what }: Pick<Origin, "declares" | "what">): Declarator | undefined {
  return Object.hasOwn(declares.declares, what) ? declares.declares[what] : undefined;
}

/**
 * Follows a callee to its declaration, through imports, re-exports, namespaces, and constants that alias another name.
 */
function originOf(node: SyntaxNode, following: Following): Origin | null {
  const { source, names } = following;
  const { kinds } = source;
  const callee = unwrap(node, kinds);
  if (callee.kind === kinds.Identifier) return originOfName(callee, following);
  const access = memberAccess(callee, kinds);
  if (access === null) return null;
  const { object, member } = access;
  // The object first: `api.raw` is a member of the declarator `api`; only then a namespace's member, `twinloop.api`.
  const origin = originOf(object, following);
  if (origin !== null) return memberOfOrigin(origin, member);
  return names.has(member.text) || mayBeAlias(object, source) ? originOfName(member, following) : null;
}

function memberOfOrigin({ what, ...origin }: Origin, member: NameNode): Origin {
  return { ...origin, what: `${what}.${member.text}`, member };
}

/**
 * Whether the member can be called as a declarator: `api.call` would declare something, but its arguments could not be
 * read.
 */
function mayDeclare(origin: Origin, member: NameNode, source: TypeSource): boolean {
  const { declares, what } = origin;
  const called = what.slice(0, -`.${member.text}`.length);
  const isIndirect = ["call", "apply", "bind"].includes(member.text);
  if (isIndirect && declaratorOf({ declares, what: called }) !== undefined) return false;
  return isThere(member, source);
}

/** Whether the package has the member; the checker does not report a missing name in a destructuring. */
function isThere(member: NameNode, source: TypeSource): boolean {
  if (member.parent.kind !== source.kinds.BindingElement) return source.resolve(member) !== null;
  const { kind } = source.shape(source.typeAt((member.parent as BindingNode).name));
  return kind !== "any" && kind !== "unresolved";
}

/**
 * Whether a member may be an alias. Only members of a namespace import may be: `links.get(…)` on any other value
 * declares nothing.
 */
function mayBeAlias(expression: SyntaxNode, source: TypeSource): boolean {
  if (expression.kind !== source.kinds.Identifier) return false;
  const kind = source.resolve(expression)?.kind;
  return kind !== undefined && isModule(kind, source);
}

function isModule(kind: number, source: TypeSource): boolean {
  return kind === source.kinds.SourceFile || kind === source.kinds.ModuleDeclaration;
}

function originOfName(name: SyntaxNode, following: Following): Origin | null {
  const { source } = following;
  const resolved = source.resolve(name);
  if (resolved === null || isModule(resolved.kind, source)) return null;
  const { home } = resolved;
  const declares = home === null ? null : declaresOf(home);
  if (home !== null && declares !== null) return { package: home.name, declares, what: resolved.name };
  const { kinds } = source;
  if (resolved.kind === kinds.BindingElement) return originOfBinding(resolved.declaration(), following);
  const initializer = initializerOf(name, source);
  if (initializer === null) return null;
  if (initializer.kind === kinds.Identifier && (initializer as NameNode).text === (name as NameNode).text)
    return null;
  const stands = initializer.kind === kinds.Identifier || memberAccess(initializer, kinds) !== null;
  return stands ? originOf(initializer, following) : null;
}

/** The declarator that a name in `const { raw, sse: events } = api` refers to. */
function originOfBinding(node: SyntaxNode | null, following: Following): Origin | null {
  const { source, names } = following;
  const { kinds } = source;
  if (node === null || node.parent.parent.kind !== kinds.VariableDeclaration) return null;
  const { name, propertyName = name as NameNode, dotDotDotToken } = node as BindingNode;
  const { initializer } = node.parent.parent as VariableNode;
  const isNamed = propertyName.kind === kinds.Identifier || propertyName.kind === kinds.StringLiteral;
  if (!isNamed || dotDotDotToken !== undefined || initializer === undefined) return null;
  const origin = originOf(initializer, following);
  if (origin !== null) return memberOfOrigin(origin, propertyName);
  const isAsked = names.has(propertyName.text) && mayBeAlias(initializer, source);
  return isAsked ? originOfName(propertyName, following) : null;
}

/** The text of an argument that must be a static string, or the fault. */
export function stringArgument(
  argument: SyntaxNode | undefined,
  source: TypeSource,
): { value: string } | { code: ProblemCode } {
  if (argument === undefined) return { code: "option_invalid" };
  const value = staticValue(argument, source);
  if (value === undefined) return { code: "option_not_static" };
  return typeof value === "string" && value !== "" ? { value } : { code: "option_invalid" };
}
