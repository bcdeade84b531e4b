/**
 * Shows where secrets are found, never their values: for operators' tools.
 *
 * @packageDocumentation
 */
import { secretStore, type LoadedSecret } from "@twinloop/core-native/internal";
import { places } from "./places.ts";
import { missing } from "./problem.ts";
import { providers } from "./provider.ts";
import { names as declaredNames } from "./registry.ts";

/** The state of one secret in this environment, without its value. */
export interface SecretPlace {
  readonly name: string;
  /** The place where the secret was found; `null` where it was not. */
  readonly found: string | null;
  /** The problem, with every place that was searched; `null` where the secret was found. */
  readonly problem: string | null;
  /** Whether a place exists but cannot be used, which is a problem of an optional secret too. */
  readonly unusable: boolean;
}

/**
 * Searches for secrets as the app would with this environment. Providers are not asked, because they are in the app's code.
 *
 * Shape:  names -> the state of each, in the same order.
 */
export function findSecrets(names: readonly string[]): SecretPlace[] {
  return secretStore.load(names, places(), true).map((loaded) => placeOf(loaded, []));
}

/** Shows the secrets that this process has declared and where the values in use are from, also those of providers. Reads nothing anew. */
export function secretsInUse(): SecretPlace[] {
  const asked = providers.map(({ name }) => name);
  return secretStore.load(declaredNames(), places(), false).map((loaded) => placeOf(loaded, asked));
}

function placeOf(loaded: LoadedSecret, asked: readonly string[]): SecretPlace {
  const { name, origin: found, unusable } = loaded;
  const problem = found === null ? missing(loaded, asked) : null;
  return { name, found, problem: problem && `${problem.message} ${problem.hint}`, unusable };
}
