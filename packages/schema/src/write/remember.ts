import { currentMismatch, restoreMismatch, type Mismatch } from "./mismatch.ts";
import type { Write } from "./writer.ts";

/** The outcome of writing a value: its text, or the mismatch. */
type Outcome = string | Mismatch;

/** Outcomes by value, then by writer; defined while a remembering writer runs. */
let outcomes: Map<unknown, Map<Write, Outcome>> | undefined;

/**
 * Caches the outcome of each value while the outermost writer of this kind runs.
 *
 * Without the cache each arm of a union would write the nested values again, which doubles the work with each level.
 * The cache ends with the outermost writer, because the app may change its values between two writes.
 */
export function remembered(write: Write): Write {
  return (value, depth) => {
    if (outcomes === undefined) return outermost(write, value, depth);
    const known = outcomes.get(value)?.get(write);
    if (known !== undefined) return recall(known);
    const text = write(value, depth);
    // A failure by depth is not cached: at a lower depth the value may be writable.
    const note = text === undefined ? currentMismatch() : undefined;
    if (text === undefined && (note === undefined || note.final)) return undefined;
    const own = outcomes.get(value) ?? new Map<Write, Outcome>();
    own.set(write, text ?? { ...note!, path: [...note!.path] });
    outcomes.set(value, own);
    return text;
  };
}

/** Runs the outermost writer, with a cache that ends with it. */
function outermost(write: Write, value: unknown, depth: number): string | undefined {
  outcomes = new Map();
  try {
    return write(value, depth);
  } finally {
    outcomes = undefined;
  }
}

/** Gives an outcome again: the text, or the mismatch noted anew. */
function recall(known: Outcome): string | undefined {
  if (typeof known === "string") return known;
  return restoreMismatch({ ...known, path: [...known.path] });
}
