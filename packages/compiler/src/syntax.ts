/**
 * The little that extraction reads of a syntax tree. Both TypeScript versions build trees of this shape; only the
 * numbers of the kinds differ, so each adapter hands over its own.
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

export interface ExportNode extends SyntaxNode {
  readonly name: NameNode;
  readonly propertyName?: NameNode;
}

const kindNames = [
  "ArrayLiteralExpression",
  "ArrowFunction",
  "AsExpression",
  "BinaryExpression",
  "CallExpression",
  "ClassDeclaration",
  "ClassExpression",
  "Constructor",
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
  "ImportDeclaration",
  "ImportKeyword",
  "ImportType",
  "LiteralType",
  "MethodDeclaration",
  "NewExpression",
  "NoSubstitutionTemplateLiteral",
  "NullKeyword",
  "NumericLiteral",
  "ObjectLiteralExpression",
  "ParenthesizedExpression",
  "PlusToken",
  "PropertyAccessExpression",
  "PropertyAssignment",
  "SatisfiesExpression",
  "ModuleDeclaration",
  "SetAccessor",
  "ShorthandPropertyAssignment",
  "SourceFile",
  "SpreadAssignment",
  "StringLiteral",
  "TemplateExpression",
  "TrueKeyword",
  "VariableDeclaration",
  "VariableStatement",
] as const;

export type SyntaxKinds = Readonly<Record<(typeof kindNames)[number], number>>;

/** Picks the kinds used here out of a compiler's own enumeration. */
export function syntaxKinds(enumeration: Readonly<Record<string, string | number>>): SyntaxKinds {
  return Object.fromEntries(
    kindNames.map((name) => [name, Number(enumeration[name])]),
  ) as unknown as SyntaxKinds;
}

/** The expression inside parentheses, `as` and `satisfies`. */
export function unwrap(node: SyntaxNode, kinds: SyntaxKinds): SyntaxNode {
  let inner = node;
  while (
    inner.kind === kinds.ParenthesizedExpression ||
    inner.kind === kinds.AsExpression ||
    inner.kind === kinds.SatisfiesExpression
  ) {
    inner = (inner as WrapperNode).expression;
  }
  return inner;
}

/** The names by which a module exports its own variables: local name -> exported name. */
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

/** A variable that a call initialises, with the statement that declares it. */
export interface DeclaredCall {
  call: CallNode;
  /** The variable's name; null when the call initialises none. */
  variable: NameNode | null;
  exported: boolean;
  /** Inside a function: whether it runs, and how often, is not known. */
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
  while (
    node.kind === kinds.ParenthesizedExpression ||
    node.kind === kinds.AsExpression ||
    node.kind === kinds.SatisfiesExpression
  ) {
    node = node.parent;
  }
  if (node.kind !== kinds.VariableDeclaration) return { variable: null, exported: false };
  const { name } = node as VariableNode;
  const statement = node.parent.parent as StatementNode;
  const exported = statement.modifiers?.some((modifier) => modifier.kind === kinds.ExportKeyword) ?? false;
  return { variable: name.kind === kinds.Identifier ? (name as NameNode) : null, exported };
}
