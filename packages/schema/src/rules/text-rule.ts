import { fitsFormat, FORMAT_NAMES } from "./text-format.ts";
import { compileRustPattern } from "../pattern/rust-pattern.ts";
import type { StringNode } from "../ir/ir.ts";

/**
 * A test of a string against one constraint. The first test that fails gives the message; lengths are tested first,
 * then beginnings and ends, formats, and patterns.
 */
export interface TextRule {
  /** What the error says was expected: `string of at least 3 characters`. */
  readonly expected: string;
  /** Whether a text keeps the constraint. */
  readonly test: (text: string) => boolean;
}

/**
 * The tests for the constraints of a string type. Lengths count Unicode characters, not UTF-16 code units, as the
 * validator in Rust does: "😀" has one.
 */
export function textRules(node: StringNode): readonly TextRule[] {
  const { minLen, maxLen } = node;
  const rules: TextRule[] = [];
  if (minLen !== undefined) {
    rules.push({
      expected: `string of at least ${minLen} characters`,
      test: (text) => hasAtLeast(text, minLen),
    });
  }
  if (maxLen !== undefined) {
    rules.push({
      expected: `string of at most ${maxLen} characters`,
      test: (text) => !hasAtLeast(text, maxLen + 1),
    });
  }
  for (const start of node.startsWith ?? []) {
    rules.push({
      expected: `string that starts with ${JSON.stringify(start)}`,
      test: (text) => text.startsWith(start),
    });
  }
  for (const end of node.endsWith ?? []) {
    rules.push({
      expected: `string that ends with ${JSON.stringify(end)}`,
      test: (text) => text.endsWith(end),
    });
  }
  for (const format of node.formats ?? []) {
    rules.push({ expected: FORMAT_NAMES[format], test: (text) => fitsFormat(format, text) });
  }
  const patterns = (node.patterns ?? []).flatMap((pattern, index) =>
    patternRule(pattern, node.labels?.[index] ?? ""),
  );
  return [...rules, ...patterns];
}

/** The test for a pattern; none for the few constructs that only Rust's engine supports. */
export function patternRule(pattern: string, label = ""): TextRule[] {
  const test = compileRustPattern(pattern);
  return test ? [{ expected: label === "" ? `string that matches ${pattern}` : label, test }] : [];
}

/** Whether a text has at least `count` Unicode scalar values, counting no further; each takes one or two code units. */
function hasAtLeast(text: string, count: number): boolean {
  if (text.length < count) return false;
  if (text.length >= count * 2) return true;
  let length = 0;
  for (let index = 0; index < text.length; index++) {
    const pair = text.codePointAt(index)! > 0xffff;
    if (pair) index++;
    length++;
  }
  return length >= count;
}
