import {
  unwrap,
  type ArrayNode,
  type BinaryNode,
  type MemberNode,
  type NameNode,
  type ObjectNode,
  type SyntaxNode,
  type TemplateNode,
  type VariableNode,
  type AccessNode,
} from "./syntax.ts";
import type { TypeSource } from "./type-source.ts";

export type StaticValue = string | number | boolean | null | StaticValue[];

/** Reads what an expression is without running it; undefined where that cannot be told. */
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
    case kinds.BinaryExpression:
      return sum(inner as BinaryNode, source);
    case kinds.Identifier:
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

function sum(node: BinaryNode, source: TypeSource): string | undefined {
  if (node.operatorToken.kind !== source.kinds.PlusToken) return undefined;
  const left = staticValue(node.left, source);
  const right = staticValue(node.right, source);
  return typeof left === "string" && typeof right === "string" ? left + right : undefined;
}

/** A constant by its literal type, which a `let` does not have; an array by the initializer of its variable. */
function referenced(node: SyntaxNode, source: TypeSource): StaticValue | undefined {
  const shape = source.shape(source.typeAt(node));
  if (shape.kind === "literal") return typeof shape.value === "bigint" ? undefined : shape.value;
  const initializer = initializerOf(node, source);
  if (initializer?.kind === source.kinds.ArrayLiteralExpression) return staticValue(initializer, source);
  return undefined;
}

/** The expression that a variable or property was declared with. */
export function initializerOf(node: SyntaxNode, source: TypeSource): SyntaxNode | null {
  const name = node.kind === source.kinds.PropertyAccessExpression ? (node as AccessNode).name : node;
  const declaration = source.resolve(name)?.declaration();
  const isVariable = declaration?.kind === source.kinds.VariableDeclaration;
  if (!isVariable && declaration?.kind !== source.kinds.PropertyAssignment) return null;
  const { initializer } = declaration as VariableNode;
  return initializer === undefined ? null : unwrap(initializer, source.kinds);
}

/** A member of an object expression: where it is, that it is absent, or that it cannot be told. */
export type Member = { found: SyntaxNode } | "absent" | "unknown";

/** Finds a member by name through parentheses, `as const`, `satisfies`, references and spreads. */
export function memberOf(object: SyntaxNode, name: string, source: TypeSource): Member {
  const { kinds } = source;
  let literal: SyntaxNode | null = unwrap(object, kinds);
  if (literal.kind === kinds.Identifier || literal.kind === kinds.PropertyAccessExpression) {
    literal = initializerOf(literal, source);
  }
  if (literal?.kind !== kinds.ObjectLiteralExpression) return "unknown";
  for (const member of [...(literal as ObjectNode).properties].reverse()) {
    const match = matchMember(member, name, source);
    if (match !== "absent") return match;
  }
  return "absent";
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
