import type { Endpoint, TypeIndex } from "./manifest.ts";

export type MapType = (type: TypeIndex) => TypeIndex;

type Typed = Pick<Endpoint, "request" | "response" | "incoming" | "outgoing">;

/** A copy of the endpoint with every type index replaced. */
export function mapEndpoint<T extends Typed>(endpoint: T, map: MapType): T {
  const mapped = { ...endpoint };
  if (mapped.request !== null) mapped.request = mapPlace(mapped.request, map);
  if (mapped.response !== null) mapped.response = mapPlace(mapped.response, map);
  if (mapped.incoming !== undefined) mapped.incoming = map(mapped.incoming);
  if (mapped.outgoing !== undefined) mapped.outgoing = map(mapped.outgoing);
  return mapped;
}

function mapPlace<T extends { fields: { type: TypeIndex }[]; body: TypeIndex | null }>(
  place: T,
  map: MapType,
): T {
  const fields = place.fields.map((field) => ({ ...field, type: map(field.type) }));
  return { ...place, fields, body: place.body === null ? null : map(place.body) };
}
