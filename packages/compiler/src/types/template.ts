import type { Shape, Type, TypeSource } from "../typescript/type-source.ts";

const number = "-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?";

/** Patterns for the placeholders of templates, with the same meaning in Rust's `regex` and in JavaScript. */
const spans: Readonly<Record<string, string>> = {
  any: "[\\s\\S]*",
  string: "[\\s\\S]*",
  number,
  bigint: "-?(?:0|[1-9][0-9]*)",
  boolean: "(?:true|false)",
  null: "null",
  undefined: "undefined",
};

/**
 * The anchored pattern of a template literal type; null when a placeholder has none.
 *
 * Numbers follow JSON's grammar: `${number}` refuses `0x10` and blanks, which TypeScript allows.
 */
export function templatePattern(
  shape: Extract<Shape, { kind: "template" }>,
  source: TypeSource,
): string | null {
  const inner = templateBody(shape, source);
  return inner === null ? null : `^${inner}$`;
}

function templateBody(shape: Extract<Shape, { kind: "template" }>, source: TypeSource): string | null {
  let pattern = escapePattern(shape.texts[0] ?? "");
  for (const [index, span] of shape.spans.entries()) {
    const inner = spanPattern(span, source);
    if (inner === null) return null;
    pattern += inner + escapePattern(shape.texts[index + 1] ?? "");
  }
  return pattern;
}

function spanPattern(type: Type, source: TypeSource): string | null {
  const shape = source.shape(type);
  if (shape.kind === "template") return templateBody(shape, source);
  if (shape.kind === "literal") return escapePattern(String(shape.value));
  if (shape.kind === "union") {
    const arms = shape.parts.map((part) => spanPattern(part, source));
    return arms.includes(null) ? null : `(?:${arms.join("|")})`;
  }
  return spans[shape.kind] ?? null;
}

/** A pattern that matches exactly this text. */
export function escapePattern(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, "\\$&");
}
