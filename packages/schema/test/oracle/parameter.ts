import type { Node, RequestField } from "../../src/ir/ir.ts";
import { REFUSED } from "./crossing.ts";
import type { Doc } from "./document.ts";
import { fitScalar, type Fit } from "./scalar.ts";

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i;

/** What a handler sees of one parameter that was given so many times, by the plain definition. */
export function parameter(types: readonly Node[], field: RequestField, given: readonly string[]): unknown {
  if (given.length === 0 && field.optional) return {};
  const texts = given.map((raw) => decoded(field.in, raw));
  const node = types[field.type]!;
  if (node.kind === "array") {
    const fits = texts.map((text) =>
      text === undefined ? undefined : fitParameter(types, node.items, text),
    );
    const { length } = fits;
    if (fits.includes(undefined)) return REFUSED;
    if (length < (node.minItems ?? 0) || length > (node.maxItems ?? Infinity)) return REFUSED;
    return { [field.name]: fits.map((fit) => fit!.value) };
  }
  const [text] = texts;
  const fit = text === undefined || texts.length > 1 ? undefined : fitParameter(types, field.type, text);
  return fit === undefined ? REFUSED : { [field.name]: fit.value };
}

/** The text of a parameter as it was sent; undefined when it cannot be decoded. */
function decoded(source: RequestField["in"], raw: string): string | undefined {
  const trimmed = raw.replace(/^[ \t]+|[ \t]+$/g, "");
  if (source === "header") return trimmed;
  if (source === "cookie") {
    const value = /^".*"$/s.test(trimmed) && trimmed.length > 1 ? trimmed.slice(1, -1) : trimmed;
    return unescaped(value) ?? value;
  }
  return unescaped(source === "query" ? raw.replaceAll("+", " ") : raw);
}

/** The text without its percent escapes; undefined where one is not whole or stands for no UTF-8. */
function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Text as the first type that it fits: literals, then booleans, numbers, big integers, dates, bytes, strings. */
function fitParameter(types: readonly Node[], type: number, text: string): Fit | undefined {
  const node = types[type]!;
  if (node.kind === "any") return { rank: 8, value: text };
  if (node.kind === "null") return undefined;
  if (node.kind === "union") {
    const fits = node.arms.map((arm) => fitParameter(types, arm, text)).filter((fit) => fit !== undefined);
    return fits.toSorted((left, right) => left.rank - right.rank)[0];
  }
  return readings(node, text)
    .map((document) => fitScalar(node, document))
    .find((fit) => fit !== undefined);
}

/** What a text may stand for, as a JSON value. */
function readings({ kind }: Node, text: string): Doc[] {
  const number: Doc[] = NUMBER.test(text) ? [{ is: "number", raw: text, value: Number(text) }] : [];
  const boolean: Doc[] = /^(true|false)$/.test(text) ? [{ is: "boolean", value: text === "true" }] : [];
  if (kind === "number") return number;
  if (kind === "boolean") return boolean;
  const string: Doc = { is: "string", value: text };
  return kind === "literal" || kind === "enum" ? [string, ...boolean, ...number] : [string];
}
