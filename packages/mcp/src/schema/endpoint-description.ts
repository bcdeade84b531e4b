import type { EndpointModel, Manifest } from "@twinloop/compiler";
import { JsonSchemas, type SchemaObject } from "@twinloop/core-native/build-time";
import { ToolProblem } from "../tool-problem.ts";

/** The name of an endpoint, by which agents call it: `<service>.<export>`, or method and path where it has no name. */
export function endpointName({ service, export: name, methods, path }: EndpointModel): string {
  return name === null ? `${methods.join(",")} ${path}` : `${service}.${name}`;
}

/**
 * What a list says of an endpoint: name, methods, path, kind, exposure, auth, doc comment and `file:line`. No
 * schemas.
 */
export function summarise(endpoint: EndpointModel): object {
  const { service, methods, path, kind, auth, doc, file, line, options, unread } = endpoint;
  const exposed = unread?.includes("expose") ? "only a run can tell" : (options?.["expose"] ?? false);
  return {
    endpoint: endpointName(endpoint),
    ...{ service, methods, path, kind, exposed },
    auth: auth ?? "everybody is let in",
    ...(doc === undefined ? {} : { doc }),
    at: `${file}:${line}`,
  };
}

/** What is known of an endpoint: where each field of a request comes from, bodies and messages as JSON Schemas. */
export function describeEndpoint(manifest: Manifest, endpoint: EndpointModel): object {
  const schemas = new JsonSchemas(manifest.types);
  const { request, response, incoming, outgoing } = endpoint;
  const described = {
    ...summarise(endpoint),
    request: endpoint.requestFrom === undefined ? request && part(request, schemas.input) : AT_START,
    response: endpoint.responseFrom === undefined ? response && part(response, schemas) : AT_START,
    ...(incoming === undefined ? {} : { incoming: schemas.input.of(incoming) }),
    ...(outgoing === undefined ? {} : { outgoing: schemas.of(outgoing) }),
    ...(endpoint.dir === undefined ? {} : { dir: endpoint.dir }),
  };
  return { ...described, ...definitions(schemas) };
}

/** The JSON Schema of a type that the app names, with all that it refers to. */
export function describeNamed({ types }: Manifest, index: number): SchemaObject {
  const schemas = new JsonSchemas(types);
  const schema = schemas.of(index);
  return { ...schema, ...definitions(schemas) };
}

/** The schemas that others refer to as `#/$defs/<name>`; nothing where none is shared. */
function definitions({ shared }: JsonSchemas): SchemaObject {
  return Object.keys(shared).length === 0 ? {} : { $defs: shared };
}

/**
 * What stands for a schema that the build cannot read, because an option of the endpoint builds it while the app
 * starts.
 */
const AT_START = "a schema in the options of the endpoint, read when the app starts: look at the source";

type Part = NonNullable<EndpointModel["request"]> | NonNullable<EndpointModel["response"]>;

/**
 * The fields of a request or response, each with its place, its name on the wire and its schema, and the body apart.
 * Validation accepts other values than answers hold: requests are described by the input schemas.
 */
function part({ fields, body, ...rest }: Part, schemas: JsonSchemas): object {
  return {
    fields: fields.map(({ name, in: place, wire, type, optional }) => {
      return { name, in: place, wire, required: !optional, schema: schemas.of(type) };
    }),
    body: body === null ? null : schemas.of(body),
    ...rest,
  };
}

/**
 * Finds an endpoint by its name, by `METHOD /path` or by its path alone.
 *
 * Errors: `ToolProblem` `not_found`, with those that are near; `invalid_argument` where several are meant.
 */
export function findEndpoint({ endpoints }: Manifest, wanted: string): EndpointModel {
  const [method = "", path] = wanted.split(/\s+/, 2);
  const found = endpoints.filter((endpoint) => {
    if (endpointName(endpoint) === wanted || endpoint.export === wanted || endpoint.path === wanted)
      return true;
    return (
      path === endpoint.path && endpoint.methods.some((one) => one === "*" || one === method.toUpperCase())
    );
  });
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only;
  const names = (found.length > 0 ? found : endpoints).slice(0, 50).map(endpointName).join(", ");
  if (only !== undefined) {
    throw new ToolProblem("invalid_argument", `${wanted} are several endpoints.`, `Name one: ${names}.`);
  }
  throw new ToolProblem("not_found", `There is no endpoint ${wanted}.`, `There are: ${names || "none"}.`);
}
