// The `twinloop` command reads this too: nothing here loads the addon.
import { providersIn, type Manifest } from "@twinloop/core-native/cli";
import { readServiceSecrets, SECRET_HINT, SECRET_VARIABLE } from "./service-secret.ts";
import { readServiceUrls, serviceVariable, type VariableFault } from "./service-variables.ts";

/** Where the app's services run, and the secrets of its processes. */
export interface ServicePlaces {
  /** The URL of each service that runs elsewhere, by its name. */
  readonly urls: ReadonlyMap<string, URL>;
  /** The secrets of the app's processes, the newest first; empty where calls go unsigned. */
  readonly secrets: readonly string[];
  /** What is wrong with the variables; urls and secrets are not used then. */
  readonly faults: readonly VariableFault[];
}

/** Reads where services run out of the environment. */
export function readServicePlaces(
  services: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): ServicePlaces {
  const { urls, faults } = readServiceUrls(services, env);
  const { secrets, faults: own } = readServiceSecrets(env);
  return { urls, secrets, faults: [...faults, ...own] };
}

/** The names of the services of a manifest, sorted. */
export function servicesIn(manifest: Manifest | undefined): readonly string[] {
  const declared = providersIn(manifest, "service").map(({ name }) => name);
  const used = (manifest?.endpoints ?? []).map(({ service }) => service);
  return [...new Set([...declared, ...used])].sort();
}

/** The faults of an app with auth handlers that has services elsewhere and no secret: its auth data would go nowhere. */
export function unsignedAuth({ urls, secrets }: ServicePlaces): readonly VariableFault[] {
  if (secrets.length > 0) return [];
  return [...urls.keys()].map((service) => ({
    message: `${serviceVariable(service)} is set without ${SECRET_VARIABLE}, and the auth data of calls cannot go there unsigned`,
    hint: SECRET_HINT,
  }));
}
