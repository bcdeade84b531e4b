import { types } from "node:util";
import { mismatchFound, nameOf, restoreMismatch, takeNote, threw } from "./mismatch.ts";
import type { Write } from "./writer.ts";

/**
 * A value with the method by which `JSON.stringify` lets it choose its own form. Source: ECMA-262,
 * SerializeJSONProperty.
 */
interface HasJSONForm {
  toJSON(key: string): unknown;
}

const dateToJSON: unknown = Date.prototype.toJSON;

/** Whether a value has a `toJSON` method, whose result `JSON.stringify` would write. */
export function hasJSONForm(value: unknown): value is HasJSONForm {
  const type = typeof value;
  if (type === "object" ? value === null : type !== "bigint" && type !== "function") return false;
  return typeof (value as HasJSONForm).toJSON === "function";
}

/**
 * Writes the result of a value's `toJSON` in place of the value. The result's own `toJSON` is ignored, as
 * `JSON.stringify` does, so `write` must not call it.
 *
 * Shape:  a value without `toJSON` is passed to `write`, which notes the mismatch. An invalid `Date` is a mismatch,
 * although its `toJSON` returns null.
 */
export function writeJSONForm(value: unknown, depth: number, write: Write): string | undefined {
  let form: unknown;
  try {
    if (!hasJSONForm(value)) return write(value, depth);
    if (types.isDate(value) && value.toJSON === dateToJSON && Number.isNaN(value.getTime()))
      return mismatchFound("a date", "an invalid Date");
    form = value.toJSON("");
  } catch (error) {
    return threw("a value", error);
  }
  const text = write(form, depth);
  if (text !== undefined) return text;
  const note = takeNote();
  // The message names the class of the value, because its author does not know the form that `toJSON` returned.
  if (note === undefined || note.path.length > 0 || note.final) return note && restoreMismatch(note);
  const found = types.isDate(value) ? "Date" : `${nameOf(value)} whose toJSON returns ${note.found}`;
  return restoreMismatch({ ...note, found });
}

/** A writer that writes the result of `toJSON` for values that have the method and that `keeps` does not claim. */
export function jsonFormWriter(write: Write, keeps: (value: object) => boolean): Write {
  return (value, depth) => {
    if (typeof value !== "object" || value === null) {
      return typeof value === "bigint" ? writeBigIntForm(value, depth, write) : write(value, depth);
    }
    if (keeps(value)) return write(value, depth);
    return writeJSONForm(value, depth, write);
  };
}

/**
 * A writer for a type or null: values whose `toJSON` returns null are written as null after the type's own writer has
 * refused them.
 */
export function nullableFormWriter(write: Write): Write {
  return (value, depth) => {
    const text = write(value, depth);
    return text === undefined && hasNullForm(value) ? "null" : text;
  };
}

function hasNullForm(value: unknown): boolean {
  try {
    return hasJSONForm(value) && !types.isDate(value) && value.toJSON("") === null;
  } catch {
    // The writer has called `toJSON` too, and noted the error.
    return false;
  }
}

/**
 * Writes a bigint by `toJSON`, which it has only where the app has added it to the prototype; a type of bigints is
 * tried first.
 */
function writeBigIntForm(value: bigint, depth: number, write: Write): string | undefined {
  const text = write(value, depth);
  return text === undefined && hasJSONForm(value) ? writeJSONForm(value, depth, write) : text;
}

const plainPrototypes = new WeakSet<object>();
const { prototype: objectPrototype } = Object;
/**
 * Built-in prototypes, which must not be cached as plain: a proxy of a built-in has its prototype but is not recognised
 * as one.
 */
const builtInPrototypes: ReadonlySet<unknown> = new Set(
  [Map, Set, WeakMap, WeakSet, WeakRef, Promise, RegExp, ArrayBuffer, String, Number, Boolean].map(
    ({ prototype }) => prototype,
  ),
);

/**
 * Whether an object's data is in its properties. False for maps, sets, promises, buffers, boxed primitives and other
 * iterables without own properties, which would be written as `{}`.
 */
export function holdsProperties(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === objectPrototype || prototype === null) return true;
  if (plainPrototypes.has(prototype as object)) return true;
  if (builtInPrototypes.has(prototype) || isBuiltIn(value)) return false;
  // An iterable class of the app may hold its data in properties; an instance without any does not.
  if (Symbol.iterator in value) return Object.keys(value).length > 0;
  plainPrototypes.add(prototype as object);
  return true;
}

/** Whether a value is a built-in whose data lies in internal slots. */
function isBuiltIn(value: object): boolean {
  return (
    types.isMap(value) ||
    types.isSet(value) ||
    types.isWeakMap(value) ||
    types.isWeakSet(value) ||
    types.isPromise(value) ||
    types.isBoxedPrimitive(value) ||
    types.isAnyArrayBuffer(value) ||
    ArrayBuffer.isView(value) ||
    types.isRegExp(value) ||
    types.isDate(value)
  );
}
