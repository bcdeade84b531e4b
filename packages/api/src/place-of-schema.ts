import type { Node, PlaceField, Place } from "@twinloop/core-native/internal";

const QUERY_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "DELETE"]);

/** The parameter names of a route: `:id`, `*rest`, `!rest`. */
export function routeParameters(path: string): ReadonlySet<string> {
  const named = path.split("/").filter((segment) => /^[:*!]./.test(segment));
  return new Set(named.map((segment) => segment.slice(1)));
}

/**
 * Splits a runtime schema by where its fields come from, as the compiler splits a type: fields of the route from the
 * path; of GET, HEAD and DELETE the rest from the query; otherwise from the body.
 */
export function placeOfSchema(
  { type, exact }: { readonly type: number; readonly exact: boolean },
  types: Node[],
  methods: readonly string[],
  path: string,
): { readonly place: Place; readonly exact: boolean } {
  const parameters = routeParameters(path);
  const inQuery = methods.every((method) => QUERY_METHODS.has(method));
  const node = types[type]!;
  if (node.kind !== "object") {
    if (parameters.size > 0 || inQuery)
      throw new Error(`a request of kind ${node.kind} has no fields for path or query`);
    return { place: { fields: [], body: type, bodyOptional: false }, exact };
  }
  const fields: PlaceField[] = [];
  const rest = node.properties.filter((property) => {
    const place = parameters.has(property.name) ? "path" : inQuery ? "query" : undefined;
    if (place) fields.push({ ...property, in: place, wire: property.name });
    return place === undefined;
  });
  for (const name of parameters) {
    if (!fields.some((field) => field.name === name))
      throw new Error(`the route has :${name}, the schema has no such field`);
  }
  if (inQuery) return { place: { fields, body: null, bodyOptional: false }, exact };
  const body = types.push({ ...node, properties: rest }) - 1;
  return { place: { fields, body, bodyOptional: rest.every(({ optional }) => optional) }, exact };
}
