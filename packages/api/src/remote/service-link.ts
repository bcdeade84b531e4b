import { APIError } from "@twinloop/core-native";
import {
  loadManifest,
  placeText,
  problem,
  providersIn,
  SystemCode,
  type Manifest,
  type Problem,
} from "@twinloop/core-native/internal";
import type { Callee } from "../call/callee.ts";
import type { PlannedEndpoint } from "../plan.ts";
import { readServiceSecrets, SECRET_HINT, SECRET_VARIABLE } from "./service-secret.ts";
import { readServiceUrls, serviceVariable, type VariableFault } from "./service-variables.ts";

/** A service that runs in another process. */
export interface ServiceLink {
  readonly service: string;
  readonly url: URL;
  /** The secret that signs calls; without one, calls go the public road of exposed endpoints. */
  readonly secret: string | undefined;
}

/** Where the app's services run, and the secrets of its processes. */
export interface ServicePlaces {
  readonly urls: ReadonlyMap<string, URL>;
  readonly secrets: readonly string[];
  readonly faults: readonly VariableFault[];
}

/** The part of a plan that calls to other processes depend on. */
interface CallablePlan {
  readonly endpoints: readonly PlannedEndpoint[];
  readonly authHandlers: readonly unknown[];
}

let places: ServicePlaces | undefined;

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

/** Reads where services run when the app starts, and finds what keeps calls from getting there. */
export function serviceProblems({ endpoints, authHandlers }: CallablePlan): readonly Problem[] {
  const services = [
    ...new Set([...servicesIn(loadManifest().manifest), ...endpoints.map(({ service }) => service)]),
  ];
  places = readServicePlaces(services);
  const faults = places.faults.map(({ message, hint }) => problem(SystemCode.ConfigInvalid, message, hint));
  if (places.secrets.length > 0 || faults.length > 0) return faults;
  return [...places.urls.keys()].flatMap((service) => unsignedProblems(service, endpoints, authHandlers));
}

/** The secrets of the app's processes, once `serviceProblems` has been asked. */
export function serviceSecrets(): readonly string[] {
  return places?.secrets ?? [];
}

/**
 * Finds the process that runs an endpoint; `undefined` where it is this one.
 *
 * Errors: `failed_precondition` for variables that say nothing usable, which keep a started app from coming so far.
 */
export function linkTo(callee: Callee | undefined): ServiceLink | undefined {
  if (callee === undefined) {
    const { faults } = readServiceUrls([]);
    if (faults.length === 0) return undefined;
    throw APIError.failedPrecondition(
      `${faults[0]!.message}: without a manifest the services of endpoints are not known. Run \`npx @twinloop/cli build\`.`,
    );
  }
  const { service } = callee.planned;
  places ??= readServicePlaces([...new Set([...servicesIn(loadManifest().manifest), service])]);
  const [fault] = places.faults;
  if (fault !== undefined) throw APIError.failedPrecondition(`${fault.message}. ${fault.hint}`);
  const url = places.urls.get(service);
  return url && { service, url, secret: places.secrets[0] };
}

/** What of a service cannot be reached on the public road. */
function unsignedProblems(
  service: string,
  endpoints: readonly PlannedEndpoint[],
  authHandlers: readonly unknown[],
): Problem[] {
  const variable = serviceVariable(service);
  const hidden = endpoints.filter(
    ({ service: own, meta, endpoint }) => own === service && !meta.expose && isCallable(endpoint.kind),
  );
  if (hidden.length > 0) {
    const names = hidden.slice(0, 3).map(titleOf).join(", ");
    const more = hidden.length > 3 ? ` and ${hidden.length - 3} more` : "";
    const message = `${variable} is set without ${SECRET_VARIABLE}, and calls cannot reach ${names}${more}: not exposed`;
    return [problem(SystemCode.ConfigInvalid, message, `${SECRET_HINT} Or give them \`expose: true\`.`)];
  }
  if (authHandlers.length === 0) return [];
  const message = `${variable} is set without ${SECRET_VARIABLE}, and the auth data of calls cannot go there unsigned`;
  return [problem(SystemCode.ConfigInvalid, message, SECRET_HINT)];
}

function isCallable(kind: PlannedEndpoint["endpoint"]["kind"]): boolean {
  return kind === "typed" || kind === "sse";
}

function titleOf({ name, endpoint: { site } }: PlannedEndpoint): string {
  return site === undefined ? name : `${name} at ${placeText(site)}`;
}
