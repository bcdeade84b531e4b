/** Turning whatever a field holds into JSON, without ever throwing. */

const MAX_DEPTH = 8;
const MAX_ENTRIES = 1_000;

/** An error as log lines show it. */
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
 * The JSON of a field's value; `undefined` when there is nothing to write.
 *
 * Shape:  as `JSON.stringify`, and beyond it: errors with type, message, stack, code and cause; a `bigint` as its digits
 *         in a string; NaN and the infinities by name; cycles, throwing getters and what lies deeper than 8 levels as a
 *         bracketed remark in their place.
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
    // The native walk is several times faster; ours is only for what it refuses.
    const text = JSON.stringify(value, replace);
    if (text !== undefined) return text;
  } catch {
    // Falls through to the walk that survives this value.
  }
  return JSON.stringify(plain(value, 0, []));
}

function replace(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (value instanceof Error) return errorRecord(value);
  return value;
}

/** The parts of an error worth a line; each is read on its own, so that one that throws costs only itself. */
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

function plainObject(value: object, depth: number, above: readonly object[]): unknown {
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
