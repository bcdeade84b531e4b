import type { ArrayNode, TupleNode } from "../ir/ir.ts";
import { writeJSONForm } from "./json-form.ts";
import { mismatch, mismatchFound, threw, tooDeep, within } from "./mismatch.ts";
import { isLeftOut, writeAny } from "./write-scalar.ts";
import { MAX_DEPTH, type Write, type WriterOf } from "./writer.ts";

/**
 * The writer of an array; `other` makes that of values that are no plain array. Items are read once, up to the length that was checked; a hole counts as `undefined`.
 * Errors: a mismatch for too few or too many items, or at the index of an item that does not fit.
 */
export function arrayWriter(
  { items, minItems = 0, maxItems = Infinity }: ArrayNode,
  writerOf: WriterOf,
  other?: (write: Write) => Write,
): Write {
  const write = itemWriter(writerOf(items));
  return jsonFormOr(other, (value, depth) => {
    if (!Array.isArray(value)) return mismatch("array", value);
    if (depth > MAX_DEPTH) return tooDeep(MAX_DEPTH);
    const length = value.length;
    if (length < minItems) return mismatchFound(`array of at least ${minItems} items`, `${length} items`);
    if (length > maxItems) return mismatchFound(`array of at most ${maxItems} items`, `${length} items`);
    return writeItems(value, 0, length, write, depth);
  });
}

/** A writer that writes the result of `toJSON` for an array that has the method, or what `other` makes of it. */
function jsonFormOr(other: ((write: Write) => Write) | undefined, write: Write): Write {
  const writeOther: Write = other?.(write) ?? ((value, depth) => writeJSONForm(value, depth, write));
  return (value, depth) => {
    const isPlain = Array.isArray(value) && typeof (value as { toJSON?: unknown }).toJSON !== "function";
    return isPlain ? write(value, depth) : writeOther(value, depth);
  };
}

/**
 * A writer of items of any type: an item that JSON cannot represent is null, as in `JSON.stringify`, so that the others
 * keep their index.
 */
function itemWriter(write: Write): Write {
  if (write !== writeAny) return write;
  return (value, depth) => write(value, depth) ?? (isLeftOut(value) ? "null" : undefined);
}

/** Writes the items from one index to another, with the brackets. A getter that throws is a mismatch at its index. */
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

/**
 * The writer of a tuple: each item by the type of its place, further ones by the rest type, and too many as a
 * mismatch.
 */
export function tupleWriter({ items, rest }: TupleNode, writerOf: WriterOf): Write {
  const writers = items.map(({ type }) => itemWriter(writerOf(type)));
  const writeRest = rest === null ? undefined : itemWriter(writerOf(rest));
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
  return jsonFormOr(undefined, (value, depth) => {
    if (!Array.isArray(value)) return mismatch("tuple", value);
    if (depth > MAX_DEPTH) return tooDeep(MAX_DEPTH);
    try {
      let length = value.length;
      // An undefined optional item at the end counts as absent.
      while (length > required && length <= items.length && value[length - 1] === undefined) length--;
      if (length < required || (length > items.length && !writeRest))
        return mismatchFound(expected, `${length} items`);
      return write(value, length, depth);
    } catch (error) {
      return threw(expected, error);
    }
  });
}
