import {
  unwrap,
  type ArrayNode,
  type BinaryNode,
  type MemberNode,
  type NameNode,
  type ObjectNode,
  type PrefixNode,
  type SyntaxNode,
  type TemplateNode,
  type VariableNode,
  type AccessNode,
} from "../typescript/syntax.ts";
import type { TypeSource } from "../typescript/type-source.ts";

export type StaticValue = string | number | boolean | null | StaticValue[];

/** Numbers that are written as a name instead of a literal. */
const notFinite: ReadonlyMap<string, number> = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Infinity],
]);

/** Evaluates an expression without running it; undefined where the value is not static. */
export function staticValue(node: SyntaxNode, source: TypeSource): StaticValue | undefined {
  const { kinds } = source;
  const inner = unwrap(node, kinds);
  switch (inner.kind) {
    case kinds.StringLiteral:
    case kinds.NoSubstitutionTemplateLiteral:
      return (inner as NameNode).text;
    case kinds.NumericLiteral:
      return Number((inner as NameNode).text);
    case kinds.TrueKeyword:
      return true;
    case kinds.FalseKeyword:
      return false;
    case kinds.NullKeyword:
      return null;
    case kinds.ArrayLiteralExpression:
      return allOf((inner as ArrayNode).elements, source);
    case kinds.TemplateExpression:
      return templateText(inner as TemplateNode, source);
    case kinds.PrefixUnaryExpression:
      return negated(inner as PrefixNode, source);
    case kinds.BinaryExpression:
      return combined(inner as BinaryNode, source);
    case kinds.Identifier:
      return notFinite.get((inner as NameNode).text) ?? referenced(inner, source);
    case kinds.PropertyAccessExpression:
      return referenced(inner, source);
    default:
      return undefined;
  }
}

function allOf(nodes: readonly SyntaxNode[], source: TypeSource): StaticValue[] | undefined {
  const values = nodes.map((node) => staticValue(node, source));
  return values.some((value) => value === undefined) ? undefined : (values as StaticValue[]);
}

function templateText(node: TemplateNode, source: TypeSource): string | undefined {
  let text = node.head.text;
  for (const span of node.templateSpans) {
    const value = staticValue(span.expression, source);
    if (value === undefined || typeof value === "object") return undefined;
    text += String(value) + span.literal.text;
  }
  return text;
}

function negated(node: PrefixNode, source: TypeSource): number | undefined {
  const value = node.operator === source.kinds.MinusToken ? staticValue(node.operand, source) : undefined;
  return typeof value === "number" ? -value : undefined;
}

/** The value of a concatenation, or of arithmetic on literals: `2 * 1024 * 1024`, `5 * 60_000`. */
function combined(node: BinaryNode, source: TypeSource): string | number | undefined {
  const left = staticValue(node.left, source);
  const right = staticValue(node.right, source);
  const { kinds } = source;
  const operator = node.operatorToken.kind;
  if (typeof left === "string" && typeof right === "string" && operator === kinds.PlusToken)
    return left + right;
  if (typeof left !== "number" || typeof right !== "number") return undefined;
  if (operator === kinds.PlusToken) return left + right;
  if (operator === kinds.MinusToken) return left - right;
  if (operator === kinds.AsteriskToken) return left * right;
  return operator === kinds.SlashToken ? left / right : undefined;
}

/**
 * The value of a reference: of a constant by its literal type, which a `let` does not have; of an array by its
 * variable's initializer.
 */
function referenced(node: SyntaxNode, source: TypeSource): StaticValue | undefined {
  const shape = source.shape(source.typeAt(node));
  if (shape.kind === "literal") return typeof shape.value === "bigint" ? undefined : shape.value;
  const initializer = initializerOf(node, source);
  if (initializer?.kind === source.kinds.ArrayLiteralExpression) return staticValue(initializer, source);
  return undefined;
}

/** The initializer of a variable or property. */
export function initializerOf(node: SyntaxNode, source: TypeSource): SyntaxNode | null {
  const name = node.kind === source.kinds.PropertyAccessExpression ? (node as AccessNode).name : node;
  const declaration = source.resolve(name)?.declaration();
  const isVariable = declaration?.kind === source.kinds.VariableDeclaration;
  if (!isVariable && declaration?.kind !== source.kinds.PropertyAssignment) return null;
  const { initializer } = declaration as VariableNode;
  return initializer === undefined ? null : unwrap(initializer, source.kinds);
}

/** The result of looking up a member of an object expression: its value, its absence, or that it cannot be known. */
export type Member = { found: SyntaxNode } | "absent" | "unknown";

/** Finds a member by name through parentheses, `as const`, `satisfies`, references and spreads. */
export function memberOf(object: SyntaxNode, name: string, source: TypeSource): Member {
  const literal = literalOf(object, source);
  if (literal === null) return "unknown";
  for (const member of [...literal.properties].reverse()) {
    const match = matchMember(member, name, source);
    if (match !== "absent") return match;
  }
  return "absent";
}

/** A member of an object expression: its value, and its name node where the name is written. */
export interface KnownMember {
  name: NameNode;
  value: SyntaxNode;
}

/** The known members of an object expression; `isWhole` is true when it has no others. */
export function membersOf(
  object: SyntaxNode,
  source: TypeSource,
): { members: readonly KnownMember[]; isWhole: boolean } {
  const { kinds } = source;
  const literal = literalOf(object, source);
  if (literal === null) return { members: [], isWhole: false };
  const found = new Map<string, KnownMember>();
  let isWhole = true;
  for (const member of literal.properties) {
    if (member.kind === kinds.SpreadAssignment && member.expression !== undefined) {
      const spread = membersOf(member.expression, source);
      for (const one of spread.members) found.set(one.name.text, one);
      isWhole &&= spread.isWhole;
    } else if (typeof member.name?.text === "string") {
      const isPlain = member.kind === kinds.PropertyAssignment && member.initializer !== undefined;
      const value = isPlain
        ? member.initializer!
        : member.kind === kinds.ShorthandPropertyAssignment
          ? member.name
          : member;
      found.set(member.name.text, { name: member.name, value });
    } else {
      isWhole = false;
    }
  }
  return { members: [...found.values()], isWhole };
}

/** The object literal that an expression is, or that its constant was initialized with. */
function literalOf(object: SyntaxNode, source: TypeSource): ObjectNode | null {
  const { kinds } = source;
  let literal: SyntaxNode | null = unwrap(object, kinds);
  if (literal.kind === kinds.Identifier || literal.kind === kinds.PropertyAccessExpression) {
    literal = initializerOf(literal, source);
  }
  return literal?.kind === kinds.ObjectLiteralExpression ? (literal as ObjectNode) : null;
}

function matchMember(member: MemberNode, name: string, source: TypeSource): Member {
  const { kinds } = source;
  if (member.kind === kinds.SpreadAssignment && member.expression !== undefined) {
    return memberOf(member.expression, name, source);
  }
  if (member.name?.text !== name) return member.name?.text === undefined ? "unknown" : "absent";
  if (member.kind === kinds.PropertyAssignment && member.initializer !== undefined)
    return { found: member.initializer };
  return { found: member.name };
}
