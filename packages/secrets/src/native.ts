import { primitive, type Primitive, type SecretSources } from "@twinloop/core-native/internal";

const OPERATIONS = ["listen", "changes", "unlisten", "refresh"] as const;

/** An operation of the Rust half that this package calls. */
export type SecretsOperation = (typeof OPERATIONS)[number];

/** The Rust half of secrets. */
export const native: Primitive<SecretsOperation> = primitive({
  name: "secrets",
  from: import.meta.url,
  operations: OPERATIONS,
});

/** A version of a secret's value. */
export interface Numbered {
  /** The secret's name. */
  readonly name: string;
  /** The number of the value; it rises with every change of any secret. */
  readonly version: number;
}

/** The changes since a number. */
export interface News {
  /** The number to ask with next. */
  readonly now: number;
  /** Secrets whose value in use has changed. */
  readonly changed: readonly Numbered[];
  /** New values that are to be settled: put into use, or dropped. */
  readonly candidates: readonly Numbered[];
}

/** The places that Rust reads again periodically. */
export interface Watched {
  /** The secrets that are read again. */
  readonly names: readonly string[];
  /** The places that are searched. */
  readonly sources: SecretSources;
  /** The time between two reads in milliseconds; 0 for never. */
  readonly refreshMs: number;
}

/**
 * Begins to follow changes in this isolate. `watch` is for the isolate that settles new values. Returns the number to
 * ask with.
 */
export async function listen(watch: Watched | null): Promise<number> {
  return (await native.call<{ now: number }>("listen", { watch })).now;
}

/** Waits for changes since a number; `undefined` when this isolate no longer listens. */
export function changes(since: number): Promise<News | undefined> {
  return native.call("changes", { since });
}

/** Ends the following of changes in this isolate. */
export function unlisten(): Promise<void> {
  return native.call("unlisten");
}

/** Has Rust read all places again now. */
export function refresh(): Promise<void> {
  return native.call("refresh");
}
