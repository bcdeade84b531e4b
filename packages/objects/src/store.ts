import { OpenOnce } from "@twinloop/core-native/internal";
import { appMeta, StartError } from "@twinloop/core-native";
import { native } from "./native.ts";
import { findProblems } from "./plan.ts";
import { buckets, type DeclaredBucket } from "./registry.ts";
import { settings } from "./settings.ts";

/** The app's store, as it is open in Rust. */
export interface OpenStore {
  /** The store's number in every operation. */
  readonly number: number;
  /** Where the store is, without credentials. */
  readonly place: string;
  /** What the address of a public object begins with, before the bucket's name; ends with `/`. */
  readonly publicBase: string | null;
  /** The buckets that were declared when it was opened. */
  readonly buckets: readonly DeclaredBucket[];
}

const once = new OpenOnce(open, ({ number }) => native.call("close", { number }));

/** The store, if it is open. */
export function openStore(): OpenStore | undefined {
  return once.opened;
}

/**
 * The store of this app, opened at the first call with all buckets that are declared by then.
 *
 * Errors: `StartError` for what is declared or configured wrongly, `ObjectsError` for a store that cannot be used.
 */
export function connect(): Promise<OpenStore> {
  return once.get();
}

async function open(): Promise<OpenStore> {
  const found = settings();
  const declared = [...buckets];
  const problems = [...findProblems(declared), ...found.problems];
  if (problems.length > 0) throw new StartError(problems);
  const versioned = declared.filter(({ isVersioned }) => isVersioned).map(({ name }) => name);
  const asked = { ...found.settings, root: appMeta().root, versioned };
  const store = await native.call<Omit<OpenStore, "buckets">>("open", asked);
  return { ...store, buckets: declared };
}

/** Closes the store for this isolate, and gives up what is being uploaded; the next use opens it again. */
export function disconnect(): Promise<void> {
  return once.close();
}
