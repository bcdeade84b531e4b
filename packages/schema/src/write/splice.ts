/**
 * Splices: places in a text where Rust puts the rows of a result that JavaScript has never opened.
 *
 * The serializer asks a value that lies in Rust for a mark, which stands in its place; JSON has no character like the one that a mark
 * begins with. A text with marks is for the outbox alone, so that marks are written only between `allowSplices` and `endSplices`, by
 * serializers that were built for answers. Anywhere else such a value is opened and written as what it holds.
 */
import { writeJSONForm } from "./json-form.ts";
import { threw } from "./mismatch.ts";
import type { RowForm } from "./row-form.ts";
import { MAX_DEPTH, type Write } from "./writer.ts";

/** The method by which a value that lies in Rust gives its mark. */
export const splice: unique symbol = Symbol.for("twinloop.splice") as never;

/** A value that lies in Rust until it is opened, which its `toJSON` does. */
export interface Spliceable {
  /** The mark of the value, written in this form; `undefined` where it is to be opened instead. */
  [splice](form: RowForm): string | undefined;
  /** The value as it is written where it is opened. */
  toJSON(): unknown;
}

let allowed = false;
let written = false;

/** Begins a text in which marks may stand. */
export function allowSplices(): void {
  allowed = true;
  written = false;
}

/** Ends the text, and tells whether it may have marks. */
export function endSplices(): boolean {
  allowed = false;
  return written;
}

/** The levels of a row: the list, the object, its values. */
const ROW_LEVELS = 3;

/**
 * The writer of values that are not plain, for a type that rows may stand for: the mark of a value in Rust, else what `toJSON`
 * returns. `formOf` finds the form at the first such value.
 */
export function splicingWriter(formOf: () => RowForm | undefined, write: Write): Write {
  let form: RowForm | undefined | null = null;
  return (value, depth) => {
    if (!isSpliceable(value)) return writeJSONForm(value, depth, write);
    if (form === null) form = formOf();
    try {
      const mark = allowed && form && depth + ROW_LEVELS <= MAX_DEPTH ? value[splice](form) : undefined;
      if (mark === undefined) return write(value.toJSON(), depth);
      written = true;
      return mark;
    } catch (error) {
      return threw("a value", error);
    }
  };
}

function isSpliceable(value: unknown): value is Spliceable {
  return typeof value === "object" && value !== null && splice in value;
}
