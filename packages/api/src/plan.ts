import {
  irFromSchema,
  loadManifest,
  problem,
  type EndpointModel,
  type LoadedManifest,
  type Node,
  type Place,
  type Problem,
  type ResponsePlace,
} from "@twinloop/core-native/internal";
import { appMeta, type StandardSchema } from "@twinloop/core-native";
import { placeOfSchema } from "./place-of-schema.ts";
import { methodsOf, type Endpoint } from "./registry.ts";

/** An endpoint with all that is needed to serve it. */
export interface PlannedEndpoint {
  readonly endpoint: Endpoint;
  readonly service: string;
  readonly name: string;
  readonly path: string;
  readonly methods: readonly string[];
  readonly request: Place | null;
  readonly response: ResponsePlace | null;
  /** The type of the events it yields; `undefined` for an endpoint that answers once. */
  readonly events: number | undefined;
  /** Whatever Rust could not check of the request; runs after Rust has passed the rest. */
  readonly refine: StandardSchema | undefined;
}

/** What this isolate will serve, and what keeps it from doing so. */
export interface Plan {
  readonly types: readonly Node[];
  readonly endpoints: readonly PlannedEndpoint[];
  readonly problems: readonly Problem[];
}

/** Finds each declared endpoint's schemas, in its options or in the manifest. */
export function plan(declared: readonly Endpoint[], loaded: LoadedManifest = loadManifest()): Plan {
  const types = [...(loaded.manifest?.types ?? [])];
  const problems: Problem[] = [];
  const planned: PlannedEndpoint[] = [];
  const models = indexModels(loaded);
  for (const endpoint of declared) {
    const found = planOne(endpoint, models, types, loaded);
    if ("endpoint" in found) planned.push(found);
    else problems.push(found);
  }
  return { types, endpoints: planned, problems: [...duplicates(planned), ...problems] };
}

type Models = ReadonlyMap<string, EndpointModel>;

function routeKey(methods: readonly string[], path: string): string {
  return `${[...methods].sort().join(",")} ${path}`;
}

function indexModels({ manifest }: LoadedManifest): Models {
  return new Map((manifest?.endpoints ?? []).map((model) => [routeKey(model.methods, model.path), model]));
}

function planOne(
  endpoint: Endpoint,
  models: Models,
  types: Node[],
  loaded: LoadedManifest,
): PlannedEndpoint | Problem {
  const { options, path } = endpoint;
  const methods = methodsOf(options);
  if (path === undefined) {
    return problem("endpoint_without_path", `an endpoint (${methods.join(", ")}) has no path and no name`);
  }
  const route = `${methods.join(",")} ${path}`;
  const model = models.get(routeKey(methods, path));
  const needsModel = !options.request || !options.response;
  if (needsModel && !model && !options.request) {
    return loaded.problems[0] ?? problem("endpoint_without_schema", `${route} is not in the manifest`);
  }
  try {
    const request = options.request
      ? placeOfSchema(irFromSchema(options.request, types), types, methods, path)
      : { place: model!.request, exact: true };
    return {
      endpoint,
      methods,
      path,
      service: model?.service ?? appMeta().name,
      name: endpoint.name ?? (model?.export ? `${model.service}.${model.export}` : route),
      request: request.place,
      ...answersOf(endpoint, model, types),
      refine: request.exact ? undefined : options.request,
    };
  } catch (error) {
    return problem("schema_invalid", `the schema of ${route} cannot be used: ${messageOf(error)}`);
  }
}

function answersOf(
  { kind, options }: Endpoint,
  model: EndpointModel | undefined,
  types: Node[],
): Pick<PlannedEndpoint, "response" | "events"> {
  if (kind === "sse") {
    const schema = options.response;
    const events = schema ? irFromSchema(schema, types).type : (model?.outgoing ?? undeclared(types).body!);
    return { response: null, events };
  }
  const response = options.response
    ? responseOf(options.response, types)
    : (model?.response ?? undeclared(types));
  return { response, events: undefined };
}

function responseOf(schema: StandardSchema, types: Node[]): ResponsePlace {
  return { fields: [], body: irFromSchema(schema, types).type };
}

/** A response nobody described: any JSON. Only an endpoint whose request has a schema of its own can have one. */
function undeclared(types: Node[]): ResponsePlace {
  return { fields: [], body: types.push({ kind: "any" }) - 1 };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function duplicates(planned: readonly PlannedEndpoint[]): Problem[] {
  const seen = new Map<string, string>();
  return planned.flatMap(({ methods, path, name }) =>
    methods.flatMap((method) => {
      const route = `${method} ${path}`;
      const first = seen.get(route);
      seen.set(route, first ?? name);
      return first === undefined
        ? []
        : [problem("endpoint_duplicate", `${route} is declared by ${first} and by ${name}`)];
    }),
  );
}
