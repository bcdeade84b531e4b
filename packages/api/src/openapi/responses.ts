import type {
  EndpointModel,
  SchemaObject,
  JsonSchemas,
  Node,
  ResponsePlace,
  SentBody,
} from "@twinloop/core-native/build-time";
import { fieldSchema } from "./field-schema.ts";

/** The media types and schemas of bodies that are not JSON. */
const CONTENT: Readonly<
  Record<Exclude<SentBody, "redirect">, readonly [type: string, schema: SchemaObject]>
> = {
  html: ["text/html", { type: "string" }],
  csv: ["text/csv", { type: "string" }],
  text: ["text/plain", { type: "string" }],
  bytes: ["application/octet-stream", { type: "string", format: "binary" }],
  file: ["*/*", { type: "string", format: "binary" }],
};

/** The header of a redirect. Source: RFC 9110, section 10.2.2. */
const LOCATION = {
  description: "Where the client is sent.",
  required: true,
  schema: { type: "string", format: "uri-reference" },
};

/**
 * The answers of an endpoint's handler, by their status.
 *
 * Shape:  `200` where the handler sets no status; the literals of a status field, and `200` where it is optional; `2XX` where
 *         its type is any number, with `3XX` beside it, or in its place without a body, where a `location` is declared; `3XX`
 *         for a handler that returns `redirect()`.
 */
export function successResponses(
  { response, responseFrom, kind }: Pick<EndpointModel, "response" | "responseFrom" | "kind">,
  schemas: JsonSchemas,
): Record<string, SchemaObject> {
  if (kind === "raw")
    return {
      "2XX": {
        description: "Whatever the handler writes, which no schema describes.",
      },
    };
  if (response === null && responseFrom === "runtime")
    return {
      200: {
        description: "JSON, whose schema is known to the running app alone.",
        content: { "application/json": {} },
      },
    };
  if (response === null) return { 200: { description: "Done; the body is empty." } };
  const headers = headersOf(response, schemas);
  const content = contentOf(response, schemas);
  const status = response.fields.find((field) => field.in === "status");
  const found: Record<string, SchemaObject> = {};
  const isRedirect = (status !== undefined || content === undefined) && "location" in headers;
  const answers = content !== undefined || response.sends === undefined;
  const statuses = status === undefined ? ["200"] : statusesOf(schemas.types, status.type);
  const all = status?.optional === true ? [...new Set(["200", ...statuses])] : statuses;
  for (const one of all.filter(() => answers)) {
    if (one === "2XX" && isRedirect && content === undefined) continue;
    found[one] = responseWith(one, headers, content, response.bodyOptional === true);
  }
  if (all.includes("2XX") && isRedirect) found["3XX"] = responseWith("3XX", headers, undefined, false);
  if (response.sends?.includes("redirect") === true) {
    const named = { ...headers, location: LOCATION };
    found["3XX"] = responseWith("3XX", named, undefined, false);
  }
  return found;
}

/** One answer with its headers, and its body where the status may have one. */
function responseWith(
  status: string,
  headers: Record<string, SchemaObject>,
  content: Record<string, SchemaObject> | undefined,
  mayBeEmpty: boolean,
): SchemaObject {
  const hasBody = content !== undefined && !["204", "205", "304"].includes(status);
  return {
    description: descriptionOf(status, hasBody, mayBeEmpty),
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    ...(hasBody ? { content } : {}),
  };
}

/** The description of an answer, which OpenAPI requires. */
function descriptionOf(status: string, hasBody: boolean, mayBeEmpty: boolean): string {
  if (status === "3XX") return "The client is sent elsewhere.";
  const chosen = status === "2XX" ? "Done; the handler chooses the status." : "Done.";
  if (!hasBody) return `${chosen} The body is empty.`;
  return mayBeEmpty ? `${chosen} The body may be empty.` : chosen;
}

/** The statuses that the type of a status field allows; `2XX` where it does not say. */
function statusesOf(types: readonly Node[], type: number): string[] {
  const node = types[type];
  if (node?.kind === "literal") return [String(node.value)];
  if (node?.kind === "enum") return node.values.map(String);
  return ["2XX"];
}

/** The media types of a body with their schemas; `undefined` for none. */
function contentOf(
  { body, sends = [] }: ResponsePlace,
  schemas: JsonSchemas,
): Record<string, SchemaObject> | undefined {
  const sent = sends
    .filter((one) => one !== "redirect")
    .map((one): [string, SchemaObject] => [CONTENT[one][0], { schema: CONTENT[one][1] }]);
  const json: [string, SchemaObject][] =
    body === null ? [] : [["application/json", { schema: schemas.of(body) }]];
  const all = [...json, ...sent];
  return all.length === 0 ? undefined : Object.fromEntries(all);
}

/** The headers of an answer that the endpoint declares. Cookies share one header, `set-cookie`, whose description names them. */
function headersOf({ fields }: ResponsePlace, schemas: JsonSchemas): Record<string, SchemaObject> {
  const headers = fields
    .filter((field) => field.in === "header")
    .map((field): [string, SchemaObject] => {
      const { description, deprecated, ...schema } = fieldSchema(field, schemas);
      return [
        field.wire,
        {
          ...(description === undefined ? {} : { description }),
          ...(deprecated === undefined ? {} : { deprecated }),
          ...(field.optional ? {} : { required: true }),
          schema: schema as SchemaObject,
        },
      ];
    });
  const cookies = fields.filter((field) => field.in === "cookie").map(({ wire }) => `\`${wire}\``);
  if (cookies.length > 0) {
    const description = `Sets ${cookies.join(", ")}.`;
    headers.push(["set-cookie", { description, schema: { type: "string" } }]);
  }
  return Object.fromEntries(headers);
}
