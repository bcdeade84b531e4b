/**
 * The parts of a syntax tree that extraction reads. Both TypeScript versions build trees of this shape; only the
 * numbers of the kinds differ, which each adapter provides.
 */

export interface SyntaxNode {
  readonly kind: number;
  readonly pos: number;
  readonly end: number;
  readonly parent: SyntaxNode;
  forEachChild<T>(visit: (child: never) => T | undefined): T | undefined;
}

export interface NameNode extends SyntaxNode {
  readonly text: string;
}

export interface AccessNode extends SyntaxNode {
  readonly expression: SyntaxNode;
  readonly name: NameNode;
}

/** An element access: `api["raw"]`. */
export interface ElementNode extends SyntaxNode {
  readonly expression: SyntaxNode;
  readonly argumentExpression: SyntaxNode;
}

/** One name of `const { raw, sse: events } = api`. */
export interface BindingNode extends SyntaxNode {
  readonly name: SyntaxNode;
  readonly propertyName?: NameNode;
  readonly dotDotDotToken?: SyntaxNode;
}

/** A call or `new` expression. */
export interface CallNode extends SyntaxNode {
  readonly expression: SyntaxNode;
  readonly arguments?: readonly SyntaxNode[];
  readonly typeArguments?: readonly SyntaxNode[];
}

export interface VariableNode extends SyntaxNode {
  readonly name: SyntaxNode;
  readonly initializer?: SyntaxNode;
}

/** Wrappers around one expression: parentheses, `as`, `satisfies`, `!`, spreads, `export default`. */
export interface WrapperNode extends SyntaxNode {
  readonly expression: SyntaxNode;
}

export interface ObjectNode extends SyntaxNode {
  readonly properties: readonly MemberNode[];
}

export interface MemberNode extends SyntaxNode {
  readonly name?: NameNode;
  readonly initializer?: SyntaxNode;
  readonly expression?: SyntaxNode;
}

export interface ArrayNode extends SyntaxNode {
  readonly elements: readonly SyntaxNode[];
}

export interface TemplateNode extends SyntaxNode {
  readonly head: NameNode;
  readonly templateSpans: readonly { readonly expression: SyntaxNode; readonly literal: NameNode }[];
}

export interface BinaryNode extends SyntaxNode {
  readonly left: SyntaxNode;
  readonly operatorToken: SyntaxNode;
  readonly right: SyntaxNode;
}

export interface StatementNode extends SyntaxNode {
  readonly modifiers?: readonly SyntaxNode[];
  readonly expression?: SyntaxNode;
  readonly moduleSpecifier?: NameNode;
  readonly exportClause?: SyntaxNode & { readonly elements?: readonly ExportNode[] };
}

/** An `import` declaration. */
export interface ImportNode extends SyntaxNode {
  readonly importClause?: SyntaxNode & {
    readonly isTypeOnly?: boolean;
    readonly phaseModifier?: number;
    readonly name?: NameNode;
    readonly namedBindings?: SyntaxNode & {
      readonly name?: NameNode;
      readonly elements?: readonly SpecifierNode[];
    };
  };
  readonly moduleSpecifier: NameNode;
}

/** One name of an `import { … }` or `export { … }`. */
export interface SpecifierNode extends SyntaxNode {
  readonly isTypeOnly: boolean;
  readonly name: NameNode;
  readonly propertyName?: NameNode;
}

/** A prefix expression: `-1`. */
export interface PrefixNode extends SyntaxNode {
  readonly operator: number;
  readonly operand: SyntaxNode;
}

export interface ExportNode extends SyntaxNode {
  readonly name: NameNode;
  readonly propertyName?: NameNode;
}

const kindNames = [
  "ArrayLiteralExpression",
  "ArrowFunction",
  "AsExpression",
  "AsteriskToken",
  "BinaryExpression",
  "BindingElement",
  "CallExpression",
  "ClassDeclaration",
  "ClassExpression",
  "Constructor",
  "ElementAccessExpression",
  "EnumDeclaration",
  "ExpressionStatement",
  "ForOfStatement",
  "TryStatement",
  "ExportAssignment",
  "ExportDeclaration",
  "ExportKeyword",
  "DefaultKeyword",
  "FalseKeyword",
  "FunctionDeclaration",
  "FunctionExpression",
  "GetAccessor",
  "ExternalModuleReference",
  "Identifier",
  "ImportClause",
  "ImportDeclaration",
  "ImportEqualsDeclaration",
  "ImportKeyword",
  "ImportSpecifier",
  "ImportType",
  "InterfaceDeclaration",
  "LiteralType",
  "MinusToken",
  "MethodDeclaration",
  "NamedImports",
  "NamespaceImport",
  "NewExpression",
  "NonNullExpression",
  "NoSubstitutionTemplateLiteral",
  "NullKeyword",
  "NumericLiteral",
  "ObjectBindingPattern",
  "ObjectLiteralExpression",
  "ParenthesizedExpression",
  "PlusToken",
  "PrefixUnaryExpression",
  "PropertyAccessExpression",
  "PropertyAssignment",
  "SatisfiesExpression",
  "ModuleDeclaration",
  "SetAccessor",
  "ShorthandPropertyAssignment",
  "SlashToken",
  "SourceFile",
  "SpreadAssignment",
  "SpreadElement",
  "StringLiteral",
  "TemplateExpression",
  "TrueKeyword",
  "TypeAliasDeclaration",
  "TypeKeyword",
  "VariableDeclaration",
  "VariableStatement",
] as const;

export type SyntaxKinds = Readonly<Record<(typeof kindNames)[number], number>>;

/** Selects the kinds used here from a compiler's own enumeration. */
export function syntaxKinds(enumeration: Readonly<Record<string, string | number>>): SyntaxKinds {
  return Object.fromEntries(
    kindNames.map((name) => [name, Number(enumeration[name])]),
  ) as unknown as SyntaxKinds;
}

/** The expression inside parentheses, `as`, `satisfies` and `!`. */
export function unwrap(node: SyntaxNode, kinds: SyntaxKinds): SyntaxNode {
  let inner = node;
  while (isWrapper(inner, kinds)) inner = (inner as WrapperNode).expression;
  return inner;
}

function isWrapper({ kind }: SyntaxNode, kinds: SyntaxKinds): boolean {
  return (
    kind === kinds.ParenthesizedExpression ||
    kind === kinds.AsExpression ||
    kind === kinds.SatisfiesExpression ||
    kind === kinds.NonNullExpression
  );
}

/** The object and the member of `api.raw` and of `api["raw"]`; null for anything else. */
export function memberAccess(
  node: SyntaxNode,
  kinds: SyntaxKinds,
): { object: SyntaxNode; member: NameNode } | null {
  if (node.kind === kinds.PropertyAccessExpression) {
    const { expression, name } = node as AccessNode;
    return { object: expression, member: name };
  }
  if (node.kind !== kinds.ElementAccessExpression) return null;
  const { expression, argumentExpression } = node as ElementNode;
  const isText =
    argumentExpression.kind === kinds.StringLiteral ||
    argumentExpression.kind === kinds.NoSubstitutionTemplateLiteral;
  return isText ? { object: expression, member: argumentExpression as NameNode } : null;
}

/** The exported names of a module's own variables, by local name. */
export function exportedNames(tree: SyntaxNode, kinds: SyntaxKinds): Map<string, string> {
  const names = new Map<string, string>();
  tree.forEachChild((statement: StatementNode) => {
    if (statement.kind === kinds.ExportAssignment && statement.expression?.kind === kinds.Identifier) {
      names.set((statement.expression as NameNode).text, "default");
    }
    if (statement.kind !== kinds.ExportDeclaration || statement.moduleSpecifier !== undefined) return;
    for (const element of statement.exportClause?.elements ?? []) {
      names.set((element.propertyName ?? element.name).text, element.name.text);
    }
  });
  return names;
}

/** The strings that name other modules: in imports and exports, `import()` and import types. */
export function moduleSpecifiers(tree: SyntaxNode, kinds: SyntaxKinds): SyntaxNode[] {
  const statements = new Set([
    kinds.ImportDeclaration,
    kinds.ExportDeclaration,
    kinds.ExternalModuleReference,
  ]);
  const isSpecifier = ({ parent }: SyntaxNode): boolean => {
    if (parent.kind === kinds.CallExpression)
      return (parent as CallNode).expression.kind === kinds.ImportKeyword;
    return (
      statements.has(parent.kind) ||
      (parent.kind === kinds.LiteralType && parent.parent.kind === kinds.ImportType)
    );
  };
  const found: SyntaxNode[] = [];
  const visit = (node: SyntaxNode): void => {
    if (node.kind === kinds.StringLiteral && isSpecifier(node)) found.push(node);
    node.forEachChild((child: SyntaxNode) => void visit(child));
  };
  visit(tree);
  return found;
}

/** Whether a module has top-level statements that do something beside declaring. */
export function actsWhenLoaded(tree: SyntaxNode, kinds: SyntaxKinds): boolean {
  const acting = [kinds.ExpressionStatement, kinds.ForOfStatement, kinds.TryStatement];
  return tree.forEachChild((statement: SyntaxNode) => acting.includes(statement.kind) || undefined) === true;
}

/** Whether a file is a declaration file, `x.d.ts`. */
export function isDeclarationFile(path: string): boolean {
  return /\.d\.[cm]?ts$/.test(path);
}

/** A call that initialises a variable, with the statement that declares it. */
export interface DeclaredCall {
  call: CallNode;
  /** The variable's name; null when the call initialises none. */
  variable: NameNode | null;
  exported: boolean;
  /** Whether the call is inside a function, so that it may run any number of times. */
  nested: boolean;
}

/** Every call and `new` expression of a file, in source order. */
export function declaredCalls(tree: SyntaxNode, kinds: SyntaxKinds): DeclaredCall[] {
  const found: DeclaredCall[] = [];
  const functions = new Set([
    kinds.ArrowFunction,
    kinds.FunctionExpression,
    kinds.FunctionDeclaration,
    kinds.MethodDeclaration,
    kinds.Constructor,
    kinds.GetAccessor,
    kinds.SetAccessor,
  ]);
  const visit = (node: SyntaxNode, nested: boolean): void => {
    if (node.kind === kinds.CallExpression || node.kind === kinds.NewExpression) {
      found.push({ call: node as CallNode, ...variableOf(node, kinds), nested });
    }
    const inside = nested || functions.has(node.kind);
    node.forEachChild((child: SyntaxNode) => void visit(child, inside));
  };
  visit(tree, false);
  return found;
}

function variableOf(call: SyntaxNode, kinds: SyntaxKinds): { variable: NameNode | null; exported: boolean } {
  let node = call.parent;
  while (isWrapper(node, kinds)) node = node.parent;
  if (node.kind !== kinds.VariableDeclaration) return { variable: null, exported: false };
  const { name } = node as VariableNode;
  const statement = node.parent.parent as StatementNode;
  const exported = statement.modifiers?.some((modifier) => modifier.kind === kinds.ExportKeyword) ?? false;
  return { variable: name.kind === kinds.Identifier ? (name as NameNode) : null, exported };
}
