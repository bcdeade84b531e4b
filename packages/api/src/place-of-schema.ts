import type { Node, RequestField, RequestPlace } from "@twinloop/core-native/internal";

/** The methods whose fields travel in the query: their requests have no body (RFC 9110, section 9.3.1). */
const QUERY_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "DELETE"]);

/** The parameter names of a route: `:id`, `*rest`, `!rest`. */
export function routeParameters(path: string): ReadonlySet<string> {
  const named = path.split("/").filter((segment) => /^[:*!]./.test(segment));
  return new Set(named.map((segment) => segment.slice(1)));
}

/**
 * Splits a runtime schema by where its fields come from, as the compiler splits a type: fields of the route from the path; of
 * GET, HEAD and DELETE the rest from the query; otherwise from the body.
 *
 * Shape:  a schema that was read into `types`, to which the type of the body is added -> the places of the request's fields.
 *         `exact` says that Rust checks all of the schema.
 * Errors: an `Error` for a schema without fields where the route or the query needs some, and for a parameter of the route
 *         that the schema does not have.
 */
export function placeOfSchema(
  { type, exact, sensitive }: ReadSchema,
  types: Node[],
  methods: readonly string[],
  path: string,
): { readonly place: RequestPlace; readonly exact: boolean } {
  const place = split(type, types, methods, path);
  return { place: sensitive ? hidden(place) : place, exact };
}

/** A schema as `irFromSchema` has read it: `sensitive` where the schema marks the whole value as secret. */
interface ReadSchema {
  readonly type: number;
  readonly exact: boolean;
  readonly sensitive?: true;
}

/** Marks every field and the body of a request as sensitive. */
function hidden({ fields, ...place }: RequestPlace): RequestPlace {
  const secret = place.body === null ? {} : { bodySensitive: true as const };
  return { fields: fields.map((field) => ({ ...field, sensitive: true })), ...place, ...secret };
}

/** Splits the properties of an object type; any other type is the body as a whole. */
function split(type: number, types: Node[], methods: readonly string[], path: string): RequestPlace {
  const parameters = routeParameters(path);
  const inQuery = methods.every((method) => QUERY_METHODS.has(method));
  const node = types[type]!;
  if (node.kind !== "object") {
    if (parameters.size > 0 || inQuery)
      throw new Error(`a request of kind ${node.kind} has no fields for path or query`);
    return { fields: [], body: type, bodyOptional: false };
  }
  const fields: RequestField[] = [];
  const rest = node.properties.filter((property) => {
    const place = parameters.has(property.name) ? "path" : inQuery ? "query" : undefined;
    if (place) fields.push({ ...property, in: place, wire: property.name });
    return place === undefined;
  });
  for (const name of parameters) {
    if (!fields.some((field) => field.name === name))
      throw new Error(`the route has :${name}, the schema has no such field`);
  }
  if (inQuery) return { fields, body: null, bodyOptional: false };
  const body = types.push({ ...node, properties: rest }) - 1;
  return { fields, body, bodyOptional: rest.every(({ optional }) => optional) };
}
