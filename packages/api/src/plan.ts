/**
 * What this isolate will serve: each declaration together with its types, its name and its guard.
 *
 * Steps: `nameByPlace` finds declarations without a path in the manifest; the options of each are checked; its request and
 * response come from the schemas in its options, else from the manifest's endpoint with the same methods and path; the
 * gateway's auth handlers make its guard. Problems are gathered, never thrown, so that `start()` can tell all of them at
 * once.
 */
import {
  irFromSchema,
  loadManifest,
  placeText,
  problem,
  type EndpointModel,
  type LoadedManifest,
  type Node,
  type RequestPlace,
  type Problem,
  type ResponsePlace,
} from "@twinloop/core-native/internal";
import { appMeta, type StandardSchema } from "@twinloop/core-native";
import { admittedBy, guardOf, planAuth, type GuardPlan, type PlannedAuthHandler } from "./auth/auth-plan.ts";
import type { EndpointMeta } from "./endpoint-meta.ts";
import { nameByPlace } from "./default-path.ts";
import { endpointFaults } from "./option-rules.ts";
import { placeOfSchema } from "./place-of-schema.ts";
import type { StreamOptions } from "./stream/stream-options.ts";
import { methodsOf, type Endpoint } from "./registry.ts";
import { isStreamKind, planStream, type StreamPlan } from "./stream/plan-stream.ts";

/**
 * The endpoints and folders that this isolate will serve, and the problems that keep it from doing so.
 *
 * Shape:  the indices of endpoints and auth handlers are their numbers in Rust. Endpoints with a problem are left out.
 */
export interface PlannedEndpoint {
  readonly endpoint: Endpoint;
  readonly service: string;
  /** The full name, `<service>.<export>`; the route where the endpoint is not exported. */
  readonly name: string;
  /** The route, given or found in the manifest. */
  readonly path: string;
  /** The methods in capitals, sorted; `["*"]` for any. */
  readonly methods: readonly string[];
  /** Where the fields of the request come from; `null` for a raw endpoint and a handler without input. */
  readonly request: RequestPlace | null;
  /** Where the fields of the response go; `null` where the handler returns nothing, and for raw endpoints and streams. */
  readonly response: ResponsePlace | null;
  /** The type of the events it yields; `undefined` for an endpoint that answers once. */
  readonly events: number | undefined;
  /** The facts of the endpoint that its requests know. */
  readonly meta: EndpointMeta;
  /** The messages of a WebSocket; `undefined` for an endpoint that is none. */
  readonly stream?: StreamPlan | undefined;
  /** The schema whose refinements and transforms Rust cannot check; runs after Rust has accepted the rest. */
  readonly refine: StandardSchema | undefined;
  /** Whom the endpoint lets in; `null` where no auth handler runs. */
  readonly guard: GuardPlan | null;
  /** The names of the auth handlers whose callers it lets in; `undefined` where any of the gateway's will do. */
  readonly admits?: readonly string[] | undefined;
  /** An endpoint that the runtime serves for itself: no middleware of the app runs around it. */
  readonly isOfRuntime?: true;
}

/** The endpoints and folders that this isolate will serve, and the problems that keep it from doing so. */
export interface Plan {
  /** The types of the manifest, then those of schemas in options and of ready-made auth handlers. */
  readonly types: readonly Node[];
  readonly endpoints: readonly PlannedEndpoint[];
  readonly authHandlers: readonly PlannedAuthHandler[];
  readonly problems: readonly Problem[];
}

/**
 * Finds each declared endpoint's schemas, in its options or in the manifest.
 *
 * Shape:  the declarations of this isolate, whose missing names and paths are filled in, and the manifest -> the plan.
 * Errors: among `problems`: `config_invalid`, `endpoint_without_schema` (not in the manifest), `schema_invalid`,
 *         `endpoint_without_path`, `endpoint_duplicate`, and those of a manifest that cannot be read.
 */
export function plan(declared: readonly Endpoint[], loaded: LoadedManifest = loadManifest()): Plan {
  const types = [...(loaded.manifest?.types ?? [])];
  const auth = planAuth(loaded.manifest, types);
  const problems: Problem[] = [...auth.problems];
  const planned: PlannedEndpoint[] = [];
  const models = indexModels(loaded);
  nameByPlace(declared, loaded.manifest?.endpoints ?? [], loaded.root);
  for (const endpoint of declared) {
    const faults = endpointFaults(endpoint);
    problems.push(...faults);
    // Further problems of an endpoint with wrong options would only follow from those options.
    if (faults.length > 0) continue;
    const found = planOne(endpoint, models, types, loaded);
    if (!("endpoint" in found)) {
      problems.push(found);
      continue;
    }
    const guard = guardOf(endpoint.options.auth, `the endpoint ${titleOf(found)}`, auth.handlers);
    if (guard === null || "required" in guard)
      planned.push({ ...found, guard, admits: admittedBy(guard, auth.handlers) });
    else problems.push(guard);
  }
  return {
    types,
    endpoints: planned,
    authHandlers: auth.handlers,
    problems: [...duplicates(planned), ...problems],
  };
}

/** The endpoints of the manifest by `routeKey`. */
type Models = ReadonlyMap<string, EndpointModel>;

/** The text by which a declaration and its model find each other: methods and path, which are unique in an app. */
function routeKey(methods: readonly string[], path: string): string {
  return `${[...methods].sort().join(",")} ${path}`;
}

function indexModels({ manifest }: LoadedManifest): Models {
  return new Map((manifest?.endpoints ?? []).map((model) => [routeKey(model.methods, model.path), model]));
}

/**
 * Plans one endpoint whose options fit, or says what it lacks. A raw endpoint needs no manifest; neither does one whose
 * options have a schema for the request, and without a schema its response is any JSON.
 */
function planOne(
  endpoint: Endpoint,
  models: Models,
  types: Node[],
  loaded: LoadedManifest,
): Omit<PlannedEndpoint, "guard"> | Problem {
  const { kind, options, path } = endpoint;
  const methods = methodsOf(options);
  if (path === undefined) {
    return loaded.problems[0] ?? withoutPath(endpoint, methods);
  }
  const route = `${methods.join(",")} ${path}`;
  const model = models.get(routeKey(methods, path));
  const needsModel = kind !== "raw" && (!options.request || !options.response);
  if (needsModel && !model && !options.request) {
    return loaded.problems[0] ?? problem("endpoint_without_schema", `${route} is not in the manifest`);
  }
  try {
    const request = options.request
      ? placeOfSchema(irFromSchema(options.request, types), types, methods, path)
      : { place: kind === "raw" ? null : model!.request, exact: true };
    const service = model?.service ?? appMeta().name;
    const name = endpoint.name ?? (model?.export ? `${model.service}.${model.export}` : route);
    return {
      endpoint,
      methods,
      path,
      service,
      name,
      request: request.place,
      meta: metaOf(endpoint, { name, service, path, request: request.place }),
      ...answersOf(endpoint, model, types),
      refine: request.exact ? undefined : options.request,
    };
  } catch (error) {
    return problem("schema_invalid", `the schema of ${route} cannot be used: ${messageOf(error)}`);
  }
}

/** The facts of an endpoint that do not change from request to request, as its contexts show them. */
function metaOf(
  { kind, options }: Endpoint,
  found: Pick<EndpointMeta, "name" | "service" | "path" | "request">,
): EndpointMeta {
  const { name, service } = found;
  return {
    ...found,
    endpoint: name.startsWith(`${service}.`) ? name.slice(service.length + 1) : name,
    isRaw: kind === "raw",
    isStream: kind === "sse" || isStreamKind(kind),
    expose: options.expose ?? false,
    auth: (options.auth ?? false) !== false,
    tags: options.tags ?? [],
  };
}

/** The problem of an endpoint without a path that fits no model, or more than one. */
function withoutPath({ site }: Endpoint, methods: readonly string[]): Problem {
  const where = site ? ` at ${placeText(site)}:${site.column}` : "";
  const message = `the endpoint (${methods.join(", ")})${where} has no path, and which of the manifest's it is cannot be told`;
  return problem("endpoint_without_path", message);
}

/**
 * What an endpoint answers: one response, the events of a stream, or the messages of a WebSocket. A schema in the options
 * comes before the manifest.
 */
function answersOf(
  { kind, options }: Endpoint,
  model: EndpointModel | undefined,
  types: Node[],
): Pick<PlannedEndpoint, "response" | "events" | "stream"> {
  if (kind === "raw") return { response: null, events: undefined, stream: undefined };
  if (isStreamKind(kind)) {
    return {
      response: null,
      events: undefined,
      stream: planStream(kind, options as StreamOptions, model!, types),
    };
  }
  if (kind === "sse") {
    const schema = options.response;
    const events = schema ? irFromSchema(schema, types).type : (model?.outgoing ?? undeclared(types).body!);
    return { response: null, events };
  }
  const response = options.response
    ? responseOf(options.response, types)
    : model
      ? model.response
      : undeclared(types);
  return { response, events: undefined };
}

/**
 * The place of a response that a schema describes: all of it is the JSON body, as schemas have no markers for headers or a
 * status.
 */
function responseOf(schema: StandardSchema, types: Node[]): ResponsePlace {
  const place = { fields: [], body: irFromSchema(schema, types).type };
  return takesNothing(schema) ? { ...place, bodyOptional: true } : place;
}

/** Tells whether a schema accepts `undefined`: its handler may then return nothing. */
function takesNothing(schema: StandardSchema): boolean {
  try {
    const result = schema["~standard"].validate(undefined);
    return !(result instanceof Promise) && !result.issues && result.value === undefined;
  } catch {
    return false;
  }
}

/** The place of a response without a schema: any JSON. Only an endpoint whose request has a schema can have one. */
function undeclared(types: Node[]): ResponsePlace {
  return { fields: [], body: types.push({ kind: "any" }) - 1 };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Finds routes that two endpoints declare, method by method. Routes that differ in parameter names alone are Rust's to find. */
function duplicates(planned: readonly PlannedEndpoint[]): Problem[] {
  const seen = new Map<string, PlannedEndpoint>();
  return planned.flatMap((one) =>
    one.methods.flatMap((method) => {
      const route = `${method} ${one.path}`;
      const first = seen.get(route);
      seen.set(route, first ?? one);
      if (first === undefined) return [];
      const message = `${route} is declared by ${titleOf(first)} and by ${titleOf(one)}`;
      return [problem("endpoint_duplicate", message)];
    }),
  );
}

/** An endpoint's name, with the place where it is declared. */
export function titleOf({ name, endpoint: { site } }: Pick<PlannedEndpoint, "name" | "endpoint">): string {
  return site ? `${name} at ${placeText(site)}` : name;
}
