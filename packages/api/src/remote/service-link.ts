import { APIError } from "@twinloop/core-native";
import { loadManifest, problem, SystemCode, type Problem } from "@twinloop/core-native/internal";
import type { Callee } from "../call/callee.ts";
import { titleOf, type PlannedEndpoint } from "../plan.ts";
import { readServicePlaces, servicesIn, unsignedAuth, type ServicePlaces } from "./service-places.ts";
import { SECRET_HINT, SECRET_VARIABLE } from "./service-secret.ts";
import { readServiceUrls, serviceVariable, type VariableFault } from "./service-variables.ts";

/** A service that runs in another process. */
export interface ServiceLink {
  readonly service: string;
  readonly url: URL;
  /** The secret that signs calls; without one, calls go the public road of exposed endpoints. */
  readonly secret: string | undefined;
}

/** The part of a plan that calls to other processes depend on. */
interface CallablePlan {
  readonly endpoints: readonly PlannedEndpoint[];
  readonly authHandlers: readonly unknown[];
}

/** What the environment says of services; read at start, or by the first call of an app that has not started. */
let places: ServicePlaces | undefined;

/**
 * Reads where services run when the app starts, and finds what keeps calls from getting there.
 *
 * Shape:  the plan -> problems of `SERVICE_<NAME>_URL` and `SERVICE_AUTH_SECRET`: names of no service, URLs that are none,
 *         short secrets; and without a secret, private endpoints and auth data that no call could reach or carry.
 */
export function serviceProblems({ endpoints, authHandlers }: CallablePlan): readonly Problem[] {
  const services = [
    ...new Set([...servicesIn(loadManifest().manifest), ...endpoints.map(({ service }) => service)]),
  ];
  places = readServicePlaces(services);
  const { faults, secrets, urls } = places;
  if (secrets.length > 0 || faults.length > 0) return faults.map(problemOf);
  const unsigned = authHandlers.length > 0 ? unsignedAuth(places) : [];
  return [...[...urls.keys()].flatMap((service) => hiddenFaults(service, endpoints)), ...unsigned].map(
    problemOf,
  );
}

/** The secrets of the app's processes, once `serviceProblems` has been asked. */
export function serviceSecrets(): readonly string[] {
  return places?.secrets ?? [];
}

/**
 * Finds the process that runs an endpoint; `undefined` where it is this one, as for every service without a variable.
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

/** The endpoints of a service that the public road does not reach, as one fault. */
function hiddenFaults(service: string, endpoints: readonly PlannedEndpoint[]): VariableFault[] {
  const hidden = endpoints.filter(
    ({ service: own, meta, endpoint }) => own === service && !meta.expose && isCallable(endpoint.kind),
  );
  if (hidden.length === 0) return [];
  const names = hidden.slice(0, 3).map(titleOf).join(", ");
  const more = hidden.length > 3 ? ` and ${hidden.length - 3} more` : "";
  const message = `${serviceVariable(service)} is set without ${SECRET_VARIABLE}, and calls cannot reach ${names}${more}: not exposed`;
  return [{ message, hint: `${SECRET_HINT} Or give them \`expose: true\`.` }];
}

function problemOf({ message, hint }: VariableFault): Problem {
  return problem(SystemCode.ConfigInvalid, message, hint);
}

/** Whether other code can call endpoints of a kind: raw endpoints and WebSockets are reached over HTTP alone. */
function isCallable(kind: PlannedEndpoint["endpoint"]["kind"]): boolean {
  return kind === "typed" || kind === "sse";
}
