import type { ArrayNode, TupleNode } from "./ir.ts";
import { mismatch, mismatchFound, threw, tooDeep, within } from "./mismatch.ts";
import { MAX_DEPTH, type Write, type WriterOf } from "./writer.ts";

export function arrayWriter(
  { items, minItems = 0, maxItems = Infinity }: ArrayNode,
  writerOf: WriterOf,
): Write {
  const write = writerOf(items);
  return (value, depth) => {
    if (!Array.isArray(value)) return mismatch("array", value);
    if (depth > MAX_DEPTH) return tooDeep(MAX_DEPTH);
    const length = value.length;
    if (length < minItems) return mismatchFound(`array of at least ${minItems} items`, `${length} items`);
    if (length > maxItems) return mismatchFound(`array of at most ${maxItems} items`, `${length} items`);
    return writeItems(value, 0, length, write, depth);
  };
}

function writeItems(
  value: readonly unknown[],
  from: number,
  to: number,
  write: Write,
  depth: number,
): string | undefined {
  let text = "[";
  let index = from;
  try {
    for (; index < to; index++) {
      const item = write(value[index], depth + 1);
      if (item === undefined) return within(index);
      text += index === from ? item : `,${item}`;
    }
  } catch (error) {
    threw("an item", error);
    return within(index);
  }
  return `${text}]`;
}

export function tupleWriter({ items, rest }: TupleNode, writerOf: WriterOf): Write {
  const writers = items.map(({ type }) => writerOf(type));
  const writeRest = rest === null ? undefined : writerOf(rest);
  const required = items.findLastIndex(({ optional }) => !optional) + 1;
  const expected = writeRest
    ? `tuple of at least ${required} items`
    : required === items.length
      ? `tuple of ${required} items`
      : `tuple of ${required} to ${items.length} items`;
  const write = (value: readonly unknown[], length: number, depth: number): string | undefined => {
    let text = "[";
    for (let index = 0; index < length; index++) {
      const writeItem = writers[index] ?? writeRest!;
      const item = writeItem(value[index], depth + 1);
      if (item === undefined) return within(index);
      text += index === 0 ? item : `,${item}`;
    }
    return `${text}]`;
  };
  return (value, depth) => {
    if (!Array.isArray(value)) return mismatch("tuple", value);
    if (depth > MAX_DEPTH) return tooDeep(MAX_DEPTH);
    try {
      let length = value.length;
      // An optional item that is undefined at the end is an absent one.
      while (length > required && length <= items.length && value[length - 1] === undefined) length--;
      if (length < required || (length > items.length && !writeRest))
        return mismatchFound(expected, `${length} items`);
      return write(value, length, depth);
    } catch (error) {
      return threw(expected, error);
    }
  };
}
