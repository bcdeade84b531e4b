import { ComponentNumber, port, type SecretSources } from "@twinloop/core-native/internal";

/** The operations of the Rust component, in its order; `contract/cases/secrets/operations.json` is what both are tested against. */
export const Operation = {
  listen: 1,
  changes: 2,
  unlisten: 3,
  refresh: 4,
} as const;

/** A value by its secret and its number. */
export interface Numbered {
  readonly name: string;
  readonly version: number;
}

/** What is newer than a number. */
export interface News {
  /** The number after which later news count. */
  readonly now: number;
  /** Secrets whose value in use is another one. */
  readonly changed: readonly Numbered[];
  /** Values that were found and are to be settled. */
  readonly candidates: readonly Numbered[];
}

/** What is to be read again. */
export interface Watched {
  readonly names: readonly string[];
  readonly sources: SecretSources;
  /** 0 for never. */
  readonly refreshMs: number;
}

function call<T>(operation: number, argument: unknown): Promise<T> {
  return port().call<T>(ComponentNumber.Secrets, operation, argument);
}

/** From now on this isolate may ask for changes; `watch` for the one that settles what is found. Gives the number to ask with. */
export async function listen(watch: Watched | null): Promise<number> {
  return (await call<{ now: number }>(Operation.listen, { watch })).now;
}

/** Waits for what is newer; `undefined` when this isolate listens no longer. */
export function changes(since: number): Promise<News | undefined> {
  return call(Operation.changes, { since });
}

/** Ends the listening of this isolate. */
export function unlisten(): Promise<void> {
  return call(Operation.unlisten, null);
}

/** Reads all places again now. */
export function refresh(): Promise<void> {
  return call(Operation.refresh, null);
}
