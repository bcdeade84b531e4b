import type { Declaration } from "./declaration.ts";
import type { Endpoint, EndpointKind, TypeIndex } from "./manifest.ts";
import { pathFault } from "./path.ts";
import { readRequest } from "./request.ts";
import { readResponse, yielded } from "./response.ts";
import type { Site } from "./site.ts";
import { memberOf, staticValue, type StaticValue } from "./static-value.ts";
import type { SyntaxNode } from "./syntax.ts";
import type { Type } from "./type-source.ts";
import type { TypeReader } from "./type-reader.ts";

/** An endpoint before it is known which service it belongs to. */
export type FoundEndpoint = Omit<Endpoint, "service" | "path" | "file" | "line"> & { path: string | null };

const kindOf: Readonly<Record<string, EndpointKind>> = {
  api: "typed",
  "api.raw": "raw",
  "api.static": "static",
  "api.sse": "sse",
  "api.streamIn": "streamIn",
  "api.streamOut": "streamOut",
  "api.streamInOut": "streamInOut",
};

/** Reads one endpoint; null for a call that is none. Its problems are reported, never thrown. */
export function readEndpoint(reader: TypeReader, declaration: Declaration): FoundEndpoint | null {
  const kind = kindOf[declaration.what];
  if (kind === undefined) return null;
  const options = new EndpointOptions(reader, declaration);
  const methods = options.methods(kind);
  const path = options.path();
  if (path === null && declaration.exportName === null) {
    const hint = "Give it a `path`, or export it as a constant: its path is then `/<service>.<export>`.";
    reader.report(options.site, "path_missing", "This endpoint has no `path` and no exported name", hint);
  }
  const doc = declaration.variable === null ? "" : reader.source.documentation(declaration.variable);
  return {
    export: declaration.exportName,
    methods,
    path,
    pathGiven: path !== null,
    kind,
    ...(doc === "" ? {} : { doc }),
    ...readTypes(reader, declaration, options, { methods, path: path ?? "/" }),
  };
}

type Types = Pick<
  FoundEndpoint,
  "request" | "requestFrom" | "response" | "responseFrom" | "incoming" | "outgoing"
>;
type EndpointRoute = { methods: string[]; path: string };

function readTypes(
  reader: TypeReader,
  declaration: Declaration,
  options: EndpointOptions,
  route: EndpointRoute,
): Types {
  const kind = kindOf[declaration.what];
  if (kind === "raw" || kind === "static") return { request: null, response: null };
  if (kind !== "typed" && kind !== "sse") return readStream(reader, declaration, route, options.site);
  const handler = readHandler(reader, declaration, options.site);
  if (handler === null) return { request: null, response: null };
  const request: Pick<Types, "request" | "requestFrom"> = options.has("request")
    ? { request: null, requestFrom: "runtime" }
    : {
        request:
          handler.request === null ? null : readRequest(reader, handler.request, route, handler.requestSite),
      };
  const response = readAnswer(reader, kind, handler, options);
  if (!options.has("request") && handler.unannotated) {
    const hint =
      "Annotate it (`({ id }: { id: string }) => …`), call `api<Request, Response>(…)`, or give a schema as `request`.";
    reader.report(
      handler.requestSite,
      "request_not_declared",
      "The type of the handler's request is not declared",
      hint,
    );
  }
  return { ...request, ...response };
}

function readAnswer(
  reader: TypeReader,
  kind: EndpointKind,
  handler: Handler,
  options: EndpointOptions,
): Pick<Types, "response" | "responseFrom" | "outgoing"> {
  if (options.has("response")) return { response: null, responseFrom: "runtime" };
  if (kind === "typed") return { response: readResponse(reader, handler.returns, handler.responseSite) };
  const event = handler.answers ?? yielded(reader.source, handler.returns);
  if (event !== null) {
    return { response: null, outgoing: reader.read(event, { ...handler.responseSite, path: "event" }) };
  }
  const message = `The handler yields nothing that can be told: it returns \`${reader.source.print(handler.returns)}\``;
  const hint = "Write it as `async function* (request) { yield { data: … }; }`.";
  reader.report(handler.responseSite, "type_not_json", message, hint);
  return { response: null };
}

interface Handler {
  /** Null when the handler takes no request. */
  request: Type | null;
  unannotated: boolean;
  requestSite: Site;
  returns: Type;
  /** The second type argument, where the call has one. */
  answers: Type | null;
  responseSite: Site;
}

function readHandler(reader: TypeReader, declaration: Declaration, site: Site): Handler | null {
  const { source } = reader;
  const node = declaration.call.arguments?.[1];
  const signature = node === undefined ? null : source.signature(source.typeAt(node));
  if (node === undefined || signature === null) {
    reader.report(
      site,
      "handler_not_callable",
      "The second argument must be the handler, a function",
      "Write `api(options, async (request) => …)`.",
    );
    return null;
  }
  const [requestNode, responseNode] = declaration.call.typeArguments ?? [];
  const [first] = signature.parameters;
  const requestType = requestNode === undefined ? (first?.type ?? null) : source.typeOfTypeNode(requestNode);
  const at = handlerStart(source.location(node));
  return {
    request: requestType,
    unannotated: requestNode === undefined && first !== undefined && !first.annotated,
    requestSite: { location: locationOf(reader, requestNode) ?? first?.location ?? at, path: "request" },
    returns: responseNode === undefined ? signature.returns : source.typeOfTypeNode(responseNode),
    answers: responseNode === undefined ? null : source.typeOfTypeNode(responseNode),
    responseSite: { location: locationOf(reader, responseNode) ?? at, path: "response" },
  };
}

function locationOf(reader: TypeReader, node: SyntaxNode | undefined): Site["location"] | null {
  return node === undefined ? null : reader.source.location(node);
}

/** A handler's whole text is no place to point at: its first word is. */
function handlerStart(location: Site["location"]): Site["location"] {
  return { ...location, end: Math.min(location.end, location.start + 5) };
}

/** Streams name their messages as type arguments, after the handshake where they have one. */
function readStream(reader: TypeReader, declaration: Declaration, route: EndpointRoute, site: Site): Types {
  const both = declaration.what === "api.streamInOut";
  const nodes = [...(declaration.call.typeArguments ?? [])];
  const expected = both ? 2 : 1;
  const hasResponse = declaration.what === "api.streamIn" && nodes.length > expected;
  const messages = nodes.slice(nodes.length - expected - (hasResponse ? 1 : 0));
  const handshake = nodes.slice(0, nodes.length - messages.length)[0];
  const read = (node: SyntaxNode | undefined, path: string): TypeIndex | undefined =>
    node === undefined
      ? undefined
      : reader.read(reader.source.typeOfTypeNode(node), { location: reader.source.location(node), path });
  const incoming = declaration.what === "api.streamOut" ? undefined : read(messages[0], "incoming");
  const outgoing = declaration.what === "api.streamIn" ? undefined : read(messages.at(-1), "outgoing");
  const response = hasResponse ? messages[1] : undefined;
  return {
    request:
      handshake === undefined
        ? null
        : readRequest(reader, reader.source.typeOfTypeNode(handshake), route, { ...site, path: "request" }),
    response:
      response === undefined
        ? null
        : readResponse(reader, reader.source.typeOfTypeNode(response), { ...site, path: "response" }),
    ...(incoming === undefined ? {} : { incoming }),
    ...(outgoing === undefined ? {} : { outgoing }),
  };
}

/** The options of one endpoint, read without running anything. */
class EndpointOptions {
  readonly site: Site;
  readonly #reader: TypeReader;
  readonly #node: SyntaxNode | undefined;

  constructor(reader: TypeReader, declaration: Declaration) {
    this.#reader = reader;
    this.#node = declaration.call.arguments?.[0];
    const callee = reader.source.location(declaration.call.expression);
    this.site = { location: callee, path: "options" };
  }

  has(name: string): boolean {
    return this.#node !== undefined && typeof memberOf(this.#node, name, this.#reader.source) === "object";
  }

  methods(kind: EndpointKind): string[] {
    const value = this.#value("method");
    if (value === undefined) return kind === "typed" || kind === "raw" ? ["POST"] : ["GET"];
    const list = Array.isArray(value.value) ? value.value : [value.value];
    const methods = list.filter((method) => typeof method === "string").map((method) => method.toUpperCase());
    if (
      methods.length !== list.length ||
      methods.length === 0 ||
      !methods.every((method) => /^(\*|[A-Z]+)$/.test(method))
    ) {
      this.#reader.report(
        value.site,
        "option_invalid",
        "`method` must be a method name, a list of them, or `*`",
      );
      return ["POST"];
    }
    return methods.includes("*") ? ["*"] : [...new Set(methods)].sort();
  }

  path(): string | null {
    const value = this.#value("path");
    if (value === undefined) return null;
    const fault = typeof value.value === "string" ? pathFault(value.value) : "must be a string";
    if (fault !== null)
      this.#reader.report(
        value.site,
        "path_invalid",
        `The path ${fault}`,
        'As in `"/links/:id"` or `"/files/*rest"`.',
      );
    return typeof value.value === "string" ? value.value : null;
  }

  #value(name: string): { value: StaticValue; site: Site } | undefined {
    if (this.#node === undefined) return undefined;
    const { source } = this.#reader;
    const member = memberOf(this.#node, name, source);
    if (member === "absent") return undefined;
    const node = member === "unknown" ? this.#node : member.found;
    const site = { location: source.location(node), path: name };
    const value = member === "unknown" ? undefined : staticValue(node, source);
    if (value !== undefined) return { value, site };
    const hint =
      "The compiler reads it without running the app: use literals, constants, or objects of them.";
    this.#reader.report(site, "option_not_static", `\`${name}\` cannot be read at build time`, hint);
    return undefined;
  }
}
