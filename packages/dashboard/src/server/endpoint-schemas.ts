import {
  JsonSchemas,
  pathParameters,
  type EndpointModel,
  type Node,
  type RequestField,
  type RequestPlace,
  type SchemaObject,
} from "@twinloop/core-native/build-time";
import type { EndpointAnswer } from "../contract.ts";

/** The schemas of an endpoint's parts, as the contract has them. */
type Schemas = Pick<
  EndpointAnswer,
  "pathParams" | "query" | "headers" | "cookies" | "body" | "bodyType" | "response"
>;

/** Describes requests and responses as JSON Schema 2020-12, each part with the shared schemas that it refers to. */
export class EndpointSchemas {
  readonly #schemas: JsonSchemas;

  constructor(types: readonly Node[]) {
    this.#schemas = new JsonSchemas(types);
  }

  /** The schemas of one endpoint; `null` for each part that it has not. A stream's messages stand for its bodies. */
  of({ path, request, response, incoming, outgoing, kind }: EndpointModel): Schemas {
    const fields = request?.fields ?? [];
    const isForm = request?.bodyAs === "form" || request?.bodyAs === "multipart";
    const sent = outgoing ?? response?.body ?? null;
    return {
      pathParams: this.#pathParams(path, fields, kind),
      query: this.#object(fields.filter((field) => field.in === "query")),
      headers: this.#object(fields.filter((field) => field.in === "header")),
      cookies: this.#object(fields.filter((field) => field.in === "cookie")),
      body: isForm ? this.#object(fields.filter(isPartOfForm)) : this.#body(request, incoming),
      bodyType: request?.bodyAs ?? (request === null || request.body === null ? null : "json"),
      response: sent === null ? null : this.#whole(this.#schemas.of(sent)),
    };
  }

  #body(request: RequestPlace | null, incoming: number | undefined): SchemaObject | null {
    if (incoming !== undefined) return this.#whole(this.#schemas.input.of(incoming));
    if (request?.bodyAs === "text") return { type: "string" };
    if (request?.bodyAs === "bytes") return { type: "string", contentMediaType: "application/octet-stream" };
    return request === null || request.body === null
      ? null
      : this.#whole(this.#schemas.input.of(request.body));
  }

  /** Parameters that no field reads, as those of raw endpoints, are texts. */
  #pathParams(
    path: string,
    fields: readonly RequestField[],
    kind: EndpointModel["kind"],
  ): SchemaObject | null {
    const names = kind === "static" ? [] : pathParameters(path);
    if (names.length === 0) return null;
    const known = fields.filter((field) => field.in === "path");
    const described = this.#object(known) ?? { type: "object", properties: {}, required: [] };
    const properties = { ...(described["properties"] as Record<string, SchemaObject>) };
    for (const name of names) properties[name] ??= { type: "string" };
    return { ...described, properties, required: names };
  }

  /** Several fields as one object, by their names on the wire. */
  #object(fields: readonly RequestField[]): SchemaObject | null {
    if (fields.length === 0) return null;
    const properties = fields.map((field): [string, SchemaObject] => [field.wire, this.#field(field)]);
    const required = fields
      .filter(({ optional, nullable }) => !optional && !nullable)
      .map(({ wire }) => wire);
    return this.#whole({ type: "object", properties: Object.fromEntries(properties), required });
  }

  #field({ in: place, type, sensitive, sealed, doc, docTags }: RequestField): SchemaObject {
    if (sealed !== undefined) return { type: "string", description: "A value that the server has sealed." };
    const schema = this.#schemas.input.at(type, sensitive === true, doc, docTags);
    return place === "file"
      ? { ...schema, type: "string", contentMediaType: "application/octet-stream" }
      : schema;
  }

  /** A schema with the shared schemas that it refers to, directly or through others. */
  #whole(schema: SchemaObject): SchemaObject {
    const all = this.#schemas.shared;
    const found = new Set<string>();
    const search = (value: unknown): void => {
      if (typeof value !== "object" || value === null) return;
      const { $ref } = value as { readonly $ref?: unknown };
      const name = typeof $ref === "string" ? $ref.replace(/^#\/\$defs\//, "") : undefined;
      if (name !== undefined && !found.has(name)) {
        found.add(name);
        search(all[name]);
      }
      for (const inner of Object.values(value)) search(inner);
    };
    search(schema);
    if (found.size === 0) return schema;
    return { ...schema, $defs: Object.fromEntries([...found].map((name) => [name, all[name]])) };
  }
}

function isPartOfForm({ in: place }: RequestField): boolean {
  return place === "form" || place === "file";
}
