import type ts from "typescript-6";
import { packageOf } from "@twinloop/compiler/internal";
import type { SourcePlace } from "./source-place.ts";
import { ShapeReader } from "./value-shape.ts";

/** The package whose classes and tags are looked for. */
const HOME = "@twinloop/sqldb";

/** A program as the search for statements asks it; made anew for each state of the program. */
export class CheckedSource {
  readonly ts: typeof ts;
  readonly checker: ts.TypeChecker;
  readonly shapes: ShapeReader;

  constructor(typescript: typeof ts, program: ts.Program) {
    this.ts = typescript;
    this.checker = program.getTypeChecker();
    this.shapes = new ShapeReader(typescript, this.checker);
  }

  /** The range of a node, without the white space before it. */
  placeOf(node: ts.Node): SourcePlace {
    const file = node.getSourceFile();
    return { path: file.fileName, start: node.getStart(file), end: node.end };
  }

  /** The text of a node as it is written. */
  textOf(node: ts.Node): string {
    return node.getText(node.getSourceFile());
  }

  /** The expression inside parentheses, `as`, `satisfies`, `!` and `await`. */
  unwrap(node: ts.Expression): ts.Expression {
    const { ts } = this;
    let inner = node;
    while (
      ts.isParenthesizedExpression(inner) ||
      ts.isAsExpression(inner) ||
      ts.isSatisfiesExpression(inner) ||
      ts.isNonNullExpression(inner) ||
      ts.isAwaitExpression(inner)
    )
      inner = inner.expression;
    return inner;
  }

  /** The symbol of a name, followed through imports and exports. */
  symbolAt(node: ts.Node): ts.Symbol | undefined {
    const symbol = this.checker.getSymbolAtLocation(node);
    if (symbol === undefined) return undefined;
    return (symbol.flags & this.ts.SymbolFlags.Alias) === 0 ? symbol : this.checker.getAliasedSymbol(symbol);
  }

  /** Whether a symbol is declared by the package of databases. */
  isOfHome(symbol: ts.Symbol | undefined): boolean {
    const path = symbol?.declarations?.[0]?.getSourceFile().fileName;
    return path !== undefined && packageOf(path) === HOME;
  }

  /** Whether a type is, or has as a member of its union, the class or interface `name` of the package of databases. */
  isHomeType(type: ts.Type, name: string): boolean {
    const members = type.isUnion() ? type.types : [type];
    return members.some((member) => {
      const symbol = member.getSymbol();
      return symbol?.name === name && this.isOfHome(symbol);
    });
  }

  /** The value with which a constant, a property or a member is declared; `undefined` for what may be assigned anew. */
  initializerOf(symbol: ts.Symbol | undefined): ts.Expression | undefined {
    const { ts } = this;
    const declaration = symbol?.valueDeclaration;
    if (declaration === undefined) return undefined;
    if (ts.isVariableDeclaration(declaration)) {
      const isConstant = (ts.getCombinedNodeFlags(declaration) & ts.NodeFlags.BlockScoped) > ts.NodeFlags.Let;
      return isConstant ? declaration.initializer : undefined;
    }
    if (ts.isPropertyAssignment(declaration)) return declaration.initializer;
    return ts.isPropertyDeclaration(declaration) ? declaration.initializer : undefined;
  }

  /** What a function with a single expression returns; `undefined` for any other function. */
  returnedBy(node: ts.Node | undefined): ts.Expression | undefined {
    const { ts } = this;
    if (node === undefined || !(ts.isArrowFunction(node) || ts.isFunctionLike(node))) return undefined;
    const { body } = node as ts.ArrowFunction | ts.FunctionDeclaration;
    if (body === undefined) return undefined;
    if (!ts.isBlock(body)) return body;
    const [only] = body.statements;
    return body.statements.length === 1 && only !== undefined && ts.isReturnStatement(only)
      ? only.expression
      : undefined;
  }
}
