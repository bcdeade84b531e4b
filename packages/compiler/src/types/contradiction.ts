import type { BigIntNode, Node, NumberNode, StringNode } from "@twinloop/core-native/build-time";

/**
 * The reason why no value fits all constraints of a node, such as "no length is at least 5 and at most 3"; null when a
 * value may.
 */
export function contradiction(node: Node): string | null {
  switch (node.kind) {
    case "number":
      return ofNumber(node);
    case "bigint":
      return ofBigInt(node);
    case "string":
      return ofString(node);
    case "array":
      return ofLengths(node.minItems, node.maxItems);
    case "bytes":
      return ofLengths(node.minLen, node.maxLen);
    default:
      return null;
  }
}

function ofLengths(least = 0, most = Infinity): string | null {
  return least > most ? `no length is at least ${least} and at most ${most}` : null;
}

interface Bound {
  readonly at: number;
  readonly excluded: boolean;
}

function ofNumber(node: NumberNode): string | null {
  const low = tightest(node.min, node.exclusiveMin, (a, b) => a > b);
  const high = tightest(node.max, node.exclusiveMax, (a, b) => a < b);
  if (low === null || high === null) return null;
  const range = `${low.excluded ? "above" : "at least"} ${low.at} and ${high.excluded ? "below" : "at most"} ${high.at}`;
  const isEmpty = low.at > high.at || (low.at === high.at && (low.excluded || high.excluded));
  if (isEmpty) return `no number is ${range}`;
  const { multipleOf } = node;
  if (multipleOf !== undefined) {
    const isExact = [low.at, high.at, multipleOf].every(Number.isSafeInteger);
    return isExact && !hasMultiple(low, high, Number(multipleOf))
      ? `no multiple of ${multipleOf} is ${range}`
      : null;
  }
  return node.int === true && !hasMultiple(low, high, 1) ? `no whole number is ${range}` : null;
}

function hasMultiple(low: Bound, high: Bound, step: number): boolean {
  const first = Math.ceil(low.at / step) * step;
  const least = low.excluded && first === low.at ? first + step : first;
  return high.excluded ? least < high.at : least <= high.at;
}

function tightest(
  included: number | string | undefined,
  excluded: number | string | undefined,
  isTighter: (a: number, b: number) => boolean,
): Bound | null {
  if (excluded === undefined)
    return included === undefined ? null : { at: Number(included), excluded: false };
  const bound = { at: Number(excluded), excluded: true };
  if (included === undefined || !isTighter(Number(included), bound.at)) return bound;
  return { at: Number(included), excluded: false };
}

function ofBigInt({ min, max }: BigIntNode): string | null {
  if (min === undefined || max === undefined || BigInt(min) <= BigInt(max)) return null;
  return `no integer is at least ${min} and at most ${max}`;
}

function ofString({ minLen, maxLen, startsWith = [], endsWith = [] }: StringNode): string | null {
  const lengths = ofLengths(minLen, maxLen);
  if (lengths !== null) return lengths;
  const strange = (
    texts: readonly string[],
    fits: (long: string, short: string) => boolean,
  ): string | undefined => {
    const longest = longestOf(texts);
    return longest === undefined ? undefined : texts.find((text) => !fits(longest, text));
  };
  const start = strange(startsWith, (long, short) => long.startsWith(short));
  if (start !== undefined)
    return `no text starts with both ${quote(start)} and ${quote(longestOf(startsWith))}`;
  const end = strange(endsWith, (long, short) => long.endsWith(short));
  if (end !== undefined) return `no text ends with both ${quote(end)} and ${quote(longestOf(endsWith))}`;
  const tooLong = [...startsWith, ...endsWith].find((text) => [...text].length > (maxLen ?? Infinity));
  return tooLong === undefined ? null : `${quote(tooLong)} alone is longer than ${maxLen}`;
}

function longestOf(texts: readonly string[]): string | undefined {
  return texts.toSorted((a, b) => b.length - a.length)[0];
}

function quote(text: string | undefined): string {
  return JSON.stringify(text ?? "");
}
