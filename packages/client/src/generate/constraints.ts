/**
 * The constraints of types (`Min`, `MaxLen`, `MatchesRegexp`) as doc comments of a generated client: the client
 * checks no values itself, and the app refuses a call that breaks them with `invalid_argument`.
 */
import type { Node } from "./ir.ts";

/** The constraints of a value in words, for a doc comment; empty without any. */
export function constraintsOf(node: Node | undefined): string {
  const words = node === undefined ? [] : wordsOf(node);
  return words.length === 0 ? "" : `${words.join(", ")}.`;
}

/** The constraints of a node, one phrase each, in a fixed order, so that the same app gives the same file. */
function wordsOf(node: Node): readonly string[] {
  switch (node.kind) {
    case "number":
      return [
        node.int ? "a whole number" : "",
        from("at least", node.min),
        from("greater than", node.exclusiveMin),
        from("at most", node.max),
        from("less than", node.exclusiveMax),
        from("a multiple of", node.multipleOf),
      ].filter(Boolean);
    case "bigint":
      return [from("at least", node.min), from("at most", node.max)].filter(Boolean);
    case "string":
      return [
        ...lengths(node.minLen, node.maxLen, "characters"),
        ...(node.formats ?? []).map((format) => `a valid ${format}`),
        ...(node.startsWith ?? []).map((text) => `starts with ${JSON.stringify(text)}`),
        ...(node.endsWith ?? []).map((text) => `ends with ${JSON.stringify(text)}`),
        ...(node.patterns ?? []).map((pattern, index) => node.labels?.[index] || `matches \`${pattern}\``),
      ];
    case "template":
      return [`matches \`${node.pattern}\``];
    case "array":
      return lengths(node.minItems, node.maxItems, "items");
    case "bytes":
      return lengths(node.minLen, node.maxLen, "bytes");
    default:
      return [];
  }
}

/** The phrases of a lower and an upper length, without those that are not set. */
function lengths(min: number | undefined, max: number | undefined, what: string): string[] {
  const [least, most] = [from("at least", min), from("at most", max)];
  return [least && `${least} ${what}`, most && `${most} ${what}`].filter(Boolean);
}

/** One bound with its words; empty where the bound is not set. */
function from(words: string, bound: number | string | undefined): string {
  return bound === undefined ? "" : `${words} ${bound}`;
}
