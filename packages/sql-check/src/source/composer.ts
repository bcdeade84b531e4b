import type ts from "typescript-6";
import { certain, chosen, sequence, unknown, type Alternative } from "./alternative.ts";
import type { CheckedSource } from "./checked-source.ts";
import { readTemplatePart } from "./template-text.ts";

/** How deep fragments in fragments are followed; a fragment that contains itself ends there. */
const MOST_DEPTH = 12;

/** Composes statements from templates and fragments, as far as the sources tell them. */
export class Composer {
  readonly #source: CheckedSource;

  constructor(source: CheckedSource) {
    this.#source = source;
  }

  /** The ways in which a template may be composed; always at least one. */
  template(template: ts.TemplateLiteral, depth = 0): Alternative[] {
    const file = template.getSourceFile();
    if (this.#source.ts.isNoSubstitutionTemplateLiteral(template))
      return [certain(readTemplatePart(template, file))];
    const parts: Alternative[][] = [[certain(readTemplatePart(template.head, file))]];
    for (const { expression, literal } of template.templateSpans) {
      parts.push(this.#expression(expression, depth), [certain(readTemplatePart(literal, file))]);
    }
    return sequence(parts);
  }

  /** The ways of `${expression}`: a fragment's text, or one parameter. */
  #expression(expression: ts.Expression, depth: number): Alternative[] {
    const { checker } = this.#source;
    const type = checker.getTypeAtLocation(expression);
    return this.#isFragment(type) ? this.#fragment(expression, depth + 1) : [this.#value(expression, type)];
  }

  #value(expression: ts.Expression, type: ts.Type): Alternative {
    const { shapes } = this.#source;
    return certain({ kind: "value", place: this.#source.placeOf(expression), shape: shapes.read(type) });
  }

  #isFragment(type: ts.Type): boolean {
    return this.#source.isHomeType(type, "Fragment");
  }

  #fragment(given: ts.Expression, depth: number): Alternative[] {
    const { ts } = this.#source;
    const node = this.#source.unwrap(given);
    if (depth > MOST_DEPTH) return [this.#unknown(node, "is nested too deep")];
    if (ts.isConditionalExpression(node)) {
      const branches = [node.whenTrue, node.whenFalse].map((branch) => this.#expression(branch, depth));
      return chosen(this.#keyOf(node.condition), branches);
    }
    if (ts.isTaggedTemplateExpression(node) && this.#isTag(node.tag))
      return this.template(node.template, depth);
    if (ts.isCallExpression(node)) return this.#call(node, depth);
    if (ts.isIdentifier(node) || ts.isPropertyAccessExpression(node)) return this.#named(node, depth);
    if (ts.isElementAccessExpression(node)) return this.#oneOf(node, depth);
    return [this.#unknown(node)];
  }

  /** The fragment that a constant, or a property of one, is declared with. */
  #named(node: ts.Identifier | ts.PropertyAccessExpression, depth: number): Alternative[] {
    const name = this.#source.ts.isIdentifier(node) ? node : node.name;
    const value = this.#source.initializerOf(this.#source.symbolAt(name));
    return value === undefined ? [this.#unknown(node)] : this.#fragment(value, depth + 1);
  }

  /** Every member of an object of fragments, one of which `orders[by]` takes. */
  #oneOf(node: ts.ElementAccessExpression, depth: number): Alternative[] {
    const { ts } = this.#source;
    const named = ts.isIdentifier(node.expression) ? this.#source.symbolAt(node.expression) : undefined;
    const object = this.#source.initializerOf(named);
    const inner = object === undefined ? undefined : this.#source.unwrap(object);
    if (inner === undefined || !ts.isObjectLiteralExpression(inner)) return [this.#unknown(node)];
    const members = inner.properties.map((member) =>
      ts.isPropertyAssignment(member) ? this.#expression(member.initializer, depth) : [this.#unknown(node)],
    );
    return chosen(this.#keyOf(node), members);
  }

  #call(node: ts.CallExpression, depth: number): Alternative[] {
    const { ts } = this.#source;
    const { expression: callee } = node;
    if (ts.isPropertyAccessExpression(callee) && this.#isTag(callee.expression)) {
      if (callee.name.text === "identifier") return this.#identifier(node);
      if (callee.name.text === "join") return this.#join(node, depth);
      return this.#unsafe(node);
    }
    const symbol = this.#source.symbolAt(ts.isPropertyAccessExpression(callee) ? callee.name : callee);
    const made = this.#source.initializerOf(symbol) ?? symbol?.valueDeclaration;
    const returned = this.#source.returnedBy(made);
    return returned === undefined ? [this.#unknown(node)] : this.#fragment(returned, depth + 1);
  }

  /** A quoted name. Where the type has several texts, each is a way. */
  #identifier(node: ts.CallExpression): Alternative[] {
    const names = node.arguments.map((argument) => this.#texts(argument));
    if (names.some((texts) => texts === undefined)) {
      return [this.#unknown(node, "is a name that is known when the app runs")];
    }
    const place = this.#source.placeOf(node);
    const written = (text: string): Alternative => certain({ kind: "text", text, place });
    const parts = names.map((texts, index) =>
      chosen(
        this.#keyOf(node.arguments[index]!),
        texts!.map((text) => [written(`${index > 0 ? "." : ""}"${text.replaceAll('"', '""')}"`)]),
      ),
    );
    return sequence(parts);
  }

  /** The texts that an expression may have by its type; `undefined` for any text. */
  #texts(expression: ts.Expression): readonly string[] | undefined {
    const { shapes, checker } = this.#source;
    const shape = shapes.read(checker.getTypeAtLocation(expression));
    return shape.kinds.length === 1 && !shape.isAny ? shape.literals : undefined;
  }

  #unsafe(node: ts.CallExpression): Alternative[] {
    const [argument] = node.arguments;
    const texts = argument === undefined ? undefined : this.#texts(argument);
    if (argument === undefined || texts === undefined)
      return [this.#unknown(node, "is text that is known when the app runs")];
    const place = this.#source.placeOf(node);
    return chosen(
      this.#keyOf(argument),
      texts.map((text) => [certain({ kind: "text", text, place })]),
    );
  }

  /** The parts of `sql.join`; a list that `map` makes is checked with one element. */
  #join(node: ts.CallExpression, depth: number): Alternative[] {
    const { ts } = this.#source;
    const [list, between] = node.arguments;
    if (list === undefined) return [this.#unknown(node)];
    const place = this.#source.placeOf(node);
    const separator =
      between === undefined
        ? [certain({ kind: "text" as const, text: ", ", place })]
        : this.#fragment(between, depth + 1);
    const inner = this.#source.unwrap(list);
    if (ts.isArrayLiteralExpression(inner) && !inner.elements.some((one) => ts.isSpreadElement(one))) {
      const parts = inner.elements.map((one) => this.#expression(one, depth));
      return sequence(parts.flatMap((part, index) => (index > 0 ? [separator, part] : [part])));
    }
    return this.#element(inner, depth);
  }

  /** One element of a list whose length the running app decides. */
  #element(list: ts.Expression, depth: number): Alternative[] {
    const { ts, checker } = this.#source;
    if (ts.isIdentifier(list)) {
      const value = this.#source.initializerOf(this.#source.symbolAt(list));
      const inner = value === undefined ? undefined : this.#source.unwrap(value);
      if (inner !== undefined && ts.isCallExpression(inner)) return this.#element(inner, depth + 1);
    }
    if (
      ts.isCallExpression(list) &&
      ts.isPropertyAccessExpression(list.expression) &&
      list.expression.name.text === "map"
    ) {
      const returned = this.#source.returnedBy(list.arguments[0]);
      if (returned !== undefined) return this.#expression(returned, depth + 1);
    }
    const type = checker.getTypeAtLocation(list);
    const element = checker.getIndexTypeOfType(type, ts.IndexKind.Number);
    return element === undefined || this.#isFragment(element)
      ? [this.#unknown(list, "is a list that is made when the app runs")]
      : [this.#value(list, element)];
  }

  #isTag(node: ts.Expression): boolean {
    return this.#source.isHomeType(this.#source.checker.getTypeAtLocation(node), "SqlTag");
  }

  #unknown(node: ts.Node, why = "is made when the app runs"): Alternative {
    const text = this.#source.textOf(node).replace(/\s+/g, " ");
    const shown = text.length > 40 ? `${text.slice(0, 39)}…` : text;
    return unknown(this.#source.placeOf(node), `\`${shown}\` ${why}`);
  }

  #keyOf(node: ts.Node): string {
    return `${node.getSourceFile().fileName} ${this.#source.textOf(node)}`;
  }
}
