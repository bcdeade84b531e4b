/** Encodes any value of a log field as JSON, without ever throwing. */

const MAX_DEPTH = 8;
const MAX_ENTRIES = 1_000;

/** The form of an error in a log line. */
interface ErrorRecord {
  readonly type: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: unknown;
  readonly details?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
}

/**
 * Encodes a field's value as JSON; `undefined` when there is nothing to write.
 *
 * Shape:  as `JSON.stringify`, and beyond it: errors with type, message, stack, code and cause; a `bigint` as its digits
 *         in a string; NaN and the infinities by name; a Map as an object, or as pairs where its keys are not all texts; a Set
 *         and a typed array as an array; cycles, throwing getters and what lies deeper than 8 levels as a bracketed remark in
 *         their place.
 * Units:  at most 1 000 entries of a Map, a Set or a typed array.
 */
export function encodeValue(value: unknown): string | undefined {
  switch (typeof value) {
    case "string":
    case "boolean":
      return JSON.stringify(value);
    case "number":
      return Number.isFinite(value) ? String(value) : `"${value}"`;
    case "undefined":
      return undefined;
    default:
      return encodeObject(value);
  }
}

function encodeObject(value: unknown): string {
  try {
    // JSON.stringify is several times faster than `plain`, which is only for values that it refuses.
    const text = JSON.stringify(value, replace);
    if (text !== undefined) return text;
  } catch {
    // Falls through to `plain`, which survives this value.
  }
  return JSON.stringify(plain(value, 0, []));
}

function replace(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (value instanceof Error) return errorRecord(value);
  return typeof value === "object" && value !== null ? contents(value) : value;
}

/** Returns the contents of a Map, a Set or a typed array, which JSON leaves out; any other object unchanged. */
function contents(value: object): object {
  if (value instanceof Map) {
    const entries = [...value].slice(0, MAX_ENTRIES);
    return entries.every(([key]) => typeof key === "string") ? Object.fromEntries(entries) : entries;
  }
  if (value instanceof Set) return [...value].slice(0, MAX_ENTRIES);
  if (value instanceof ArrayBuffer) return bytesOf(value);
  if (!ArrayBuffer.isView(value)) return value;
  if (value instanceof DataView) return bytesOf(value.buffer, value.byteOffset, value.byteLength);
  return Array.from((value as Uint8Array).subarray(0, MAX_ENTRIES));
}

function bytesOf(buffer: ArrayBufferLike, from = 0, length = buffer.byteLength): number[] {
  return Array.from(new Uint8Array(buffer, from, Math.min(length, MAX_ENTRIES)));
}

/** Reads type, message, stack, code and cause of an error. Each is read on its own: a throwing getter costs only itself. */
export function errorRecord(error: Error): ErrorRecord {
  const part = <Name extends string>(name: Name): Partial<Record<Name, unknown>> => {
    const value = read(error, name);
    return value === undefined ? {} : ({ [name]: value } as Record<Name, unknown>);
  };
  return {
    type: String(part("name").name ?? "Error"),
    message: String(part("message").message ?? ""),
    ...part("stack"),
    ...part("code"),
    ...part("details"),
    ...part("cause"),
    ...part("errors"),
  } as ErrorRecord;
}

function read(object: object, name: string): unknown {
  try {
    return (object as Record<string, unknown>)[name];
  } catch {
    return "[threw]";
  }
}

function plain(value: unknown, depth: number, above: readonly object[]): unknown {
  if (typeof value === "bigint" || typeof value === "symbol") return String(value);
  if (typeof value === "function") return "[function]";
  if (typeof value !== "object" || value === null) return value;
  if (above.includes(value)) return "[circular]";
  if (depth >= MAX_DEPTH) return "[deeper]";
  try {
    return plainObject(value, depth, [...above, value]);
  } catch {
    return "[threw]";
  }
}

function plainObject(given: object, depth: number, above: readonly object[]): unknown {
  const { toJSON } = given as { toJSON?: unknown };
  // A Date, a URL or a Buffer has a JSON form of its own.
  if (typeof toJSON === "function") return plain(toJSON.call(given, ""), depth + 1, above);
  const value = contents(given);
  if (Array.isArray(value)) {
    return value.slice(0, MAX_ENTRIES).map((item) => plain(item, depth + 1, above));
  }
  const source = value instanceof Error ? errorRecord(value) : value;
  const names = Object.keys(source).slice(0, MAX_ENTRIES);
  // No prototype, so that a field called __proto__ is a field.
  const copy: Record<string, unknown> = Object.create(null);
  for (const name of names) copy[name] = plain(read(source, name), depth + 1, above);
  return copy;
}
