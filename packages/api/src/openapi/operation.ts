import type { EndpointModel, SchemaObject, JsonSchemas, Manifest } from "@twinloop/core-native/build-time";
import {
  errorFormOf,
  invalidInputOf,
  isLimited,
  RATE_HEADERS,
  serviceFacts,
  type ErrorResponses,
} from "./error-responses.ts";
import type { DescribedEndpoint, Operation } from "./options.ts";
import { parametersOf } from "./parameters.ts";
import type { PathTemplate } from "./path-template.ts";
import { requestBodyOf } from "./request-body.ts";
import { successResponses } from "./responses.ts";
import type { SecuritySchemes } from "./security.ts";
import { eventResponse, streamMessages } from "./streams.ts";

/** What the operations of one document have in common. */
export interface Shared {
  readonly manifest: Manifest;
  readonly schemas: JsonSchemas;
  readonly errors: ErrorResponses;
  readonly security: SecuritySchemes;
}

/**
 * The operation of an endpoint with one of its methods.
 *
 * Shape:  the method in lower case, the path's template and the operation's name -> summary, description, parameters, body,
 *         answers and security. Tags are the service and the endpoint's own; `x-twinloop-kind` tells raw endpoints and event
 *         streams, `x-twinloop-private` what is not exposed.
 */
export function operationOf(
  endpoint: EndpointModel,
  method: string,
  template: PathTemplate,
  operationId: string,
  shared: Shared,
): Operation {
  const { manifest, schemas, security } = shared;
  const { request, auth, service, options } = endpoint;
  const { head, headers } = headOf(endpoint, template, operationId, schemas);
  const body = bodyOf(endpoint, method, schemas);
  const levels = [endpoint, serviceFacts(manifest, service), manifest.start];
  const limited = isLimited(levels);
  return {
    ...head,
    ...(body === undefined ? {} : { requestBody: body }),
    responses: {
      ...(limited ? withRateHeaders(answersOf(endpoint, shared)) : answersOf(endpoint, shared)),
      ...shared.errors.of({
        form: errorFormOf(levels),
        hasInput: request !== null && (request.fields.length > 0 || body !== undefined),
        hasBody: body !== undefined,
        isGuarded: auth !== undefined,
        isLimited: limited,
        invalidInput: invalidInputOf(levels),
      }),
    },
    ...(auth === undefined ? {} : { security: security.of(auth) }),
    ...(endpoint.kind === "typed" ? {} : { "x-twinloop-kind": endpoint.kind }),
    ...(headers.length === 0 ? {} : { "x-twinloop-headers": headers }),
    ...(options?.["expose"] === true ? {} : { "x-twinloop-private": true }),
  };
}

/** The body of a request, with the example that the endpoint's doc comment gives. */
function bodyOf(endpoint: EndpointModel, method: string, schemas: JsonSchemas): SchemaObject | undefined {
  const { kind, request, requestFrom, docTags } = endpoint;
  if (["get", "head", "delete"].includes(method)) return undefined;
  if (kind === "raw")
    return { description: "Whatever the handler reads, which no schema describes.", content: { "*/*": {} } };
  if (requestFrom === "runtime")
    return {
      description: "JSON, whose schema is known to the running app alone.",
      content: { "application/json": {} },
    };
  const body = requestBodyOf(request, schemas);
  const example = (docTags?.examples ?? []).map(parsed).find((value) => value !== undefined);
  if (body === undefined || example === undefined) return body;
  const content = Object.entries(body["content"] as Record<string, SchemaObject>);
  return {
    ...body,
    content: Object.fromEntries(content.map(([type, media]) => [type, { ...media, example }])),
  };
}

function answersOf(endpoint: EndpointModel, { schemas }: Shared): Record<string, SchemaObject> {
  return endpoint.kind === "sse"
    ? { 200: eventResponse(endpoint, schemas) }
    : successResponses(endpoint, schemas);
}

/** A WebSocket in the place of an operation, for which OpenAPI has no words: its handshake, and its messages. */
export function streamOf(
  endpoint: EndpointModel,
  template: PathTemplate,
  operationId: string,
  { schemas, security }: Shared,
): DescribedEndpoint {
  const { auth } = endpoint;
  return {
    ...headOf(endpoint, template, operationId, schemas).head,
    ...(auth === undefined ? {} : { security: security.of(auth) }),
    ...streamMessages(endpoint, schemas),
  };
}

/**
 * What operations and WebSockets begin with.
 *
 * Shape:  `head` is tags, summary, description, name and parameters; `headers` are those that OpenAPI has no parameter for.
 */
function headOf(
  endpoint: EndpointModel,
  template: PathTemplate,
  operationId: string,
  schemas: JsonSchemas,
): { head: DescribedEndpoint; headers: readonly string[] } {
  const { parameters, headers } = parametersOf(endpoint.request, template, schemas);
  const description = descriptionOf(endpoint, headers);
  const head = {
    tags: tagsOf(endpoint),
    ...summaryOf(endpoint),
    ...(description === "" ? {} : { description }),
    operationId,
    ...(endpoint.docTags?.deprecated === undefined ? {} : { deprecated: true }),
    ...(parameters.length === 0 ? {} : { parameters }),
  };
  return { head, headers };
}

/** The tags of an operation: its service, then the endpoint's own, each once. */
function tagsOf({ service, options }: EndpointModel): string[] {
  const own = [options?.["tags"] ?? []].flat().filter((tag) => typeof tag === "string");
  return [...new Set([service, ...own])];
}

/** Adds the headers of a rate limit to answers; those that an endpoint declares itself win. */
function withRateHeaders(responses: Record<string, SchemaObject>): Record<string, SchemaObject> {
  const entries = Object.entries(responses).map(([status, response]): [string, SchemaObject] => [
    status,
    "$ref" in response
      ? response
      : { ...response, headers: { ...RATE_HEADERS, ...(response["headers"] as object) } },
  ]);
  return Object.fromEntries(entries);
}

/** The first sentence of the doc comment, or the text of `@summary`. */
function summaryOf({ doc, docTags }: EndpointModel): { summary?: string } {
  const summary = docTags?.summary ?? firstSentence(doc ?? "");
  return summary === "" ? {} : { summary };
}

/**
 * The first sentence of a text's first paragraph, without its full stop. A sentence ends before a capital, so that `e.g.
 * this` does not end one.
 */
function firstSentence(text: string): string {
  const paragraph = text
    .split(/\r?\n\s*\r?\n/)[0]!
    .replace(/\s+/g, " ")
    .trim();
  const sentence = /^.*?[.!?](?=\s+\p{Lu}|$)/u.exec(paragraph)?.[0] ?? paragraph;
  return sentence.replace(/\.$/, "");
}

/**
 * The description of an operation: the doc comment, a deprecation's reason, examples that are code, and what OpenAPI has no
 * member for.
 */
function descriptionOf(endpoint: EndpointModel, headers: readonly string[]): string {
  const { doc, docTags } = endpoint;
  const code = (docTags?.examples ?? []).filter((text) => parsed(text) === undefined);
  const told = [
    doc,
    docTags?.deprecated ? `Deprecated: ${docTags.deprecated}` : undefined,
    ...code.map((text) => `Example:\n\n\`\`\`ts\n${text}\n\`\`\``),
    headers.length === 0
      ? undefined
      : `Reads the headers ${headers.join(", ")}, which OpenAPI has no parameter for.`,
    endpoint.kind === "raw"
      ? "The handler gets the request as it is: no schema describes it or its answer."
      : undefined,
  ];
  return told.filter((one) => one !== undefined && one !== "").join("\n\n");
}

/** Reads an example as JSON; `undefined` where it is code. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
