import type ts from "typescript-6";
import type { CheckedSource } from "./checked-source.ts";
import type { SourcePlace } from "./source-place.ts";

/** Methods that give another object of the same database. */
const PASSING: ReadonlySet<string> = new Set(["with", "begin", "acquire"]);
/** How many steps a receiver is followed. */
const MOST_STEPS = 16;

/** A database as a statement's receiver tells it: by its `new SQLDatabase`, or by its name. */
export type TracedDatabase = { readonly declaredAt: SourcePlace } | { readonly name: string };

/** Follows the receiver of a statement to the declaration of its database. */
export class DatabaseTrace {
  readonly #source: CheckedSource;

  constructor(source: CheckedSource) {
    this.#source = source;
  }

  /** The database of a receiver; `undefined` where the sources do not tell it, as for a function's parameter. */
  of(receiver: ts.Expression, steps = 0): TracedDatabase | undefined {
    const { ts } = this.#source;
    const node = this.#source.unwrap(receiver);
    if (steps > MOST_STEPS) return undefined;
    if (ts.isNewExpression(node)) return this.#declared(node);
    if (ts.isCallExpression(node)) return this.#called(node, steps);
    if (!ts.isIdentifier(node) && !ts.isPropertyAccessExpression(node)) return undefined;
    const symbol = this.#source.symbolAt(ts.isIdentifier(node) ? node : node.name);
    const value = this.#source.initializerOf(symbol);
    if (value !== undefined) return this.of(value, steps + 1);
    const declaration = symbol?.valueDeclaration;
    return declaration !== undefined && ts.isParameter(declaration)
      ? this.#ofParameter(declaration, steps)
      : undefined;
  }

  #declared(node: ts.NewExpression): TracedDatabase | undefined {
    const isOurs = this.#source.isHomeType(this.#source.checker.getTypeAtLocation(node), "SQLDatabase");
    return isOurs ? { declaredAt: this.#source.placeOf(node) } : undefined;
  }

  #called(node: ts.CallExpression, steps: number): TracedDatabase | undefined {
    const { ts } = this.#source;
    const { expression: callee } = node;
    if (!ts.isPropertyAccessExpression(callee)) return undefined;
    const symbol = this.#source.symbolAt(callee.name);
    if (!this.#source.isOfHome(symbol)) return undefined;
    if (PASSING.has(callee.name.text)) return this.of(callee.expression, steps + 1);
    const [name] = node.arguments;
    const isNamed = callee.name.text === "named" && name !== undefined && ts.isStringLiteralLike(name);
    return isNamed ? { name: name.text } : undefined;
  }

  /** The database of `tx` in `db.transaction(async (tx) => …)`. */
  #ofParameter(parameter: ts.ParameterDeclaration, steps: number): TracedDatabase | undefined {
    const { ts } = this.#source;
    const { parent: work } = parameter;
    const call = work.parent;
    if (call === undefined || !ts.isCallExpression(call) || !ts.isPropertyAccessExpression(call.expression))
      return undefined;
    const { name, expression } = call.expression;
    const isOurs = name.text === "transaction" && this.#source.isOfHome(this.#source.symbolAt(name));
    return isOurs && call.arguments[0] === work ? this.of(expression, steps + 1) : undefined;
  }
}
