import { serviceConfig, type EndpointModel, type Manifest } from "@twinloop/core-native/internal";
import type { StartOptions } from "@twinloop/core-native";
import { ReadyAuthHandler } from "../auth/auth-handler.ts";
import type { PlannedAuthHandler } from "../auth/auth-plan.ts";
import type { Plan, PlannedEndpoint } from "../plan.ts";
import type { PolicyOptions } from "../policy/policy-options.ts";
import type { ErrorForm } from "../answer/error-form.ts";

/** The options that documents tell of, as any level has them. */
interface Told extends Pick<PolicyOptions, "rateLimit"> {
  readonly errors?: ErrorForm | undefined;
  readonly invalidInput?: 400 | 422 | undefined;
}

/** What a level's options say, in the form of a manifest. */
type Facts = Pick<EndpointModel, "options" | "unread">;

/**
 * The manifest of the app as it runs: with the schemas that it has given as values, and the options as they are, whatever the
 * compiler could read of them.
 *
 * Shape:  the plan, the manifest that was built (for doc comments and names; absent for an app without one) and the options
 *         of `start()` -> a manifest from which `openApiDocument` makes the served document. Endpoints of the runtime itself
 *         are not in it.
 */
export function runningManifest(
  { types, endpoints, authHandlers }: Pick<Plan, "types" | "endpoints" | "authHandlers">,
  built: Manifest | undefined,
  options: StartOptions,
): Manifest {
  const services = [...new Set(endpoints.map(({ service }) => service))];
  const declared = (built?.declarations ?? []).filter(({ what }) => what !== "Service");
  return {
    ...{ version: 2, compiler: built?.compiler ?? "", sources: {} },
    inputs: { packages: {}, configuration: "", listing: "", declares: "" },
    types: [...types],
    endpoints: endpoints.filter(({ isOfRuntime }) => isOfRuntime !== true).map((one) => modelOf(one, built)),
    declarations: [...declared, ...services.map((name) => serviceOf(name, built))],
    authHandlers: authHandlers.flatMap((one) => handlerOf(one, built)),
    readyAuthHandlers: authHandlers.flatMap(readyOf),
    start: { options: {}, ...factsOf(options) },
  };
}

/** An endpoint as the compiler would describe it: what the build has found, with what only a run knows in its place. */
function modelOf(planned: PlannedEndpoint, built: Manifest | undefined): EndpointModel {
  const { endpoint, service, name, path, methods, request, response, events, stream } = planned;
  const key = [...methods].sort().join(",");
  const found = built?.endpoints.find(
    (one) => one.path === path && [...one.methods].sort().join(",") === key,
  );
  const own = name.startsWith(`${service}.`) ? name.slice(service.length + 1) : null;
  const base = found ?? { file: "", line: 1, export: own, pathGiven: true };
  const { requestFrom: _, responseFrom: __, options: ___, unread: ____, ...kept } = base as EndpointModel;
  const { expose = false, tags, auth } = endpoint.options;
  const facts = factsOf(endpoint.options);
  const format = (endpoint.options as { readonly format?: "raw" }).format;
  return {
    ...kept,
    ...{ service, path, methods: [...methods], kind: endpoint.kind, request },
    response: stream === undefined ? response : (found?.response ?? null),
    ...(events === undefined ? {} : { outgoing: events }),
    ...(auth === undefined || auth === false ? {} : { auth: auth === true ? [] : [auth].flat() }),
    options: {
      ...facts.options,
      expose,
      ...(tags === undefined ? {} : { tags: [...tags] }),
      ...(format === undefined ? {} : { format }),
    },
    ...(facts.unread === undefined ? {} : { unread: facts.unread }),
  };
}

/** A service with the options that documents tell of. */
function serviceOf(name: string, built: Manifest | undefined): Manifest["declarations"][number] {
  const found = built?.declarations.find((one) => one.what === "Service" && one.name === name);
  const base = found ?? {
    what: "Service",
    package: "@twinloop/api",
    noun: "service",
    name,
    file: "",
    line: 1,
    types: {},
  };
  return { ...base, options: {}, ...factsOf(serviceConfig(name) as Told) };
}

/** An auth handler of the app as the compiler would describe it; none for ready-made ones, whose list is another. */
function handlerOf(
  { name, handler, params, data }: PlannedAuthHandler,
  built: Manifest | undefined,
): NonNullable<Manifest["authHandlers"]> {
  if (handler instanceof ReadyAuthHandler || data === null) return [];
  const doc = built?.authHandlers?.find((one) => one.name === name)?.doc;
  return [{ name, file: "", line: 1, params, data, ...(doc === undefined ? {} : { doc }) }];
}

/** A ready-made auth handler (`jwt()`, `apiKeys()`) with the header that it reads. */
function readyOf({ name, handler }: PlannedAuthHandler): NonNullable<Manifest["readyAuthHandlers"]> {
  if (!(handler instanceof ReadyAuthHandler)) return [];
  const { header, by } = handler.verification;
  return [{ name, verify: by, header: header.toLowerCase() }];
}

/** What a level's options say to documents. A function as `errors` is noted as unread, as the compiler does. */
function factsOf({ errors, invalidInput, rateLimit }: Told): Facts {
  return {
    options: {
      ...(typeof errors === "string" ? { errors } : {}),
      ...(invalidInput === undefined ? {} : { invalidInput }),
      ...(rateLimit === undefined ? {} : { rateLimit: rateLimit !== false }),
    },
    ...(typeof errors === "function" ? { unread: ["errors"] } : {}),
  };
}
