/**
 * Tells where secrets are found, never their values: for operators' tools.
 *
 * @packageDocumentation
 */
import { secretStore } from "@twinloop/core-native/internal";
import { places } from "./places.ts";
import { missing } from "./problem.ts";

/** How one secret stands in this environment. */
export interface SecretPlace {
  readonly name: string;
  /** Where it is found; `null` where it is not. */
  readonly found: string | null;
  /** What is wrong, with every place where it was looked for; `null` where it is found. */
  readonly problem: string | null;
  /** Whether a place that was clearly meant cannot be used, which is a problem of an optional secret too. */
  readonly unusable: boolean;
}

/**
 * Looks for secrets as the app would with this environment. Providers are not asked: they are in the app's code.
 *
 * Shape:  names -> how each stands, in the same order.
 */
export function findSecrets(names: readonly string[]): SecretPlace[] {
  return secretStore.load(names, places(), true).map((loaded) => {
    const { name, origin: found, unusable } = loaded;
    const problem = found === null ? missing(loaded) : null;
    return { name, found, problem: problem && `${problem.message} ${problem.mend}`, unusable };
  });
}
