import type {
  AuthHandlerModel,
  DeclarationModel,
  EndpointModel,
  TypeIndex,
} from "@twinloop/core-native/build-time";

export type MapType = (type: TypeIndex) => TypeIndex;

type Typed = Pick<EndpointModel, "request" | "response" | "incoming" | "outgoing">;

/** Copies an endpoint with every type index replaced. */
export function mapEndpoint<T extends Typed>(endpoint: T, map: MapType): T {
  const mapped = { ...endpoint };
  if (mapped.request !== null) mapped.request = mapPlace(mapped.request, map);
  if (mapped.response !== null) mapped.response = mapPlace(mapped.response, map);
  if (mapped.incoming !== undefined) mapped.incoming = map(mapped.incoming);
  if (mapped.outgoing !== undefined) mapped.outgoing = map(mapped.outgoing);
  return mapped;
}

/** Copies a declaration with every type index replaced. */
export function mapDeclaration<T extends Pick<DeclarationModel, "types">>(declaration: T, map: MapType): T {
  const types = Object.entries(declaration.types).map(([of, type]) => [of, map(type)] as const);
  return types.length === 0 ? declaration : { ...declaration, types: Object.fromEntries(types) };
}

/** Copies an auth handler with every type index replaced. */
export function mapAuthHandler<T extends Pick<AuthHandlerModel, "params" | "data">>(
  handler: T,
  map: MapType,
): T {
  return { ...handler, params: mapPlace(handler.params, map), data: map(handler.data) };
}

/** Copies the place of a request or response with every type index replaced. */
export function mapPlace<T extends { fields: { type: TypeIndex }[]; body: TypeIndex | null }>(
  place: T,
  map: MapType,
): T {
  const fields = place.fields.map((field) => ({ ...field, type: map(field.type) }));
  return { ...place, fields, body: place.body === null ? null : map(place.body) };
}
