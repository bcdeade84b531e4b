import type { Declaration } from "./declaration.ts";
import type { EndpointModel, EndpointKind, TypeIndex } from "@twinloop/core-native/build-time";
import { keptOptions } from "./model.ts";
import { pathFault } from "@twinloop/core-native/build-time";
import { readRequest } from "./request.ts";
import { readResponse, yielded } from "./response.ts";
import type { Site } from "../types/site.ts";
import { memberOf, staticValue, type StaticValue } from "./static-value.ts";
import type { SyntaxNode } from "../typescript/syntax.ts";
import type { Location, Type, TypeSource } from "../typescript/type-source.ts";
import type { TypeReader } from "../types/type-reader.ts";

/** An endpoint whose service is not known yet. */
export type FoundEndpoint = Omit<EndpointModel, "service" | "path" | "file" | "line"> & {
  path: string | null;
};

/** An endpoint, and the place of its route in the source: that of its path, otherwise that of the call. */
export interface ReadEndpoint {
  endpoint: FoundEndpoint;
  route: Location;
  /** The place of the option `auth`; null where it lets everybody in. */
  auth: Location | null;
}

/** Reads one endpoint; null for a call that is not a valid one. Problems are reported, never thrown. */
export function readEndpoint(reader: TypeReader, declaration: Declaration): ReadEndpoint | null {
  const { endpoint: kind } = declaration.declarator;
  if (kind === undefined) return null;
  const options = new EndpointOptions(reader, declaration);
  if (kind !== "static" && isHandlerAlone(reader, declaration)) {
    const message = "The first argument must be the options, and here it is the handler";
    reader.report(options.site, "handler_not_callable", message, "Write `api({ … }, async (request) => …)`.");
    return null;
  }
  const methods = options.methods(kind);
  const { path, isSound } = options.path();
  if (path === null && declaration.exportName === null) {
    const hint = "Give it a `path`, or export it as a constant: its path is then `/<service>.<export>`.";
    reader.report(options.site, "path_missing", "This endpoint has no `path` and no exported name", hint);
  }
  const doc = declaration.variable === null ? "" : reader.source.documentation(declaration.variable);
  const auth = options.auth();
  // A refused path binds nothing, because problems about its parameters would only confuse.
  const types = readTypes(reader, declaration, options, { methods, path: isSound ? (path ?? "/") : "/" });
  if (types.requestFrom === undefined) options.checkUploads(types.request?.bodyAs);
  const endpoint: FoundEndpoint = {
    export: declaration.exportName,
    methods,
    path,
    pathGiven: path !== null,
    kind,
    ...(doc === "" ? {} : { doc }),
    ...tagsOf(reader, declaration),
    ...options.kept(declaration),
    ...(kind === "static" ? options.folder() : {}),
    ...auth.names,
    ...types,
  };
  return { endpoint, route: options.pathLocation ?? options.site.location, auth: auth.location };
}

/** Whether a handler is the only argument: its options were left out, and nothing else can be told of the call. */
function isHandlerAlone({ source }: TypeReader, { call }: Declaration): boolean {
  const [first, second] = call.arguments ?? [];
  return first !== undefined && second === undefined && source.signature(source.typeAt(first)) !== null;
}

/** The tags of the doc comment above the statement that declares an endpoint. */
function tagsOf(reader: TypeReader, { variable }: Declaration): Pick<FoundEndpoint, "docTags"> {
  const statement = variable?.parent.parent.parent;
  if (statement === undefined) return {};
  const { docTags } = reader.documented(reader.source.location(statement));
  return docTags === undefined ? {} : { docTags };
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
  const { endpoint: kind } = declaration.declarator;
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
    // A generator that yields nothing is a stream that ends at once, so the event type is never written.
    if (reader.source.shape(event).kind === "never")
      return { response: null, outgoing: reader.add({ kind: "any" }) };
    return { response: null, outgoing: reader.read(event, { ...handler.responseSite, path: "event" }) };
  }
  const message = `The type of the handler's events is unknown: it returns \`${reader.source.print(handler.returns)}\``;
  const hint = "Write it as `async function* (request) { yield { data: … }; }`.";
  reader.report(handler.responseSite, "type_not_json", message, hint);
  return { response: null };
}

interface Handler {
  /** The type of the handler's request; null when the handler takes none. */
  request: Type | null;
  unannotated: boolean;
  requestSite: Site;
  returns: Type;
  /** The second type argument; null where the call has none. */
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
    responseSite: {
      location: locationOf(reader, responseNode) ?? at,
      path: "response",
      outgoing: true,
      inferred: responseNode === undefined && !signature.returnsAnnotated,
    },
  };
}

function locationOf(reader: TypeReader, node: SyntaxNode | undefined): Site["location"] | null {
  return node === undefined ? null : reader.source.location(node);
}

/** The place of a handler in problems: its first word instead of its whole text. */
function handlerStart(location: Site["location"]): Site["location"] {
  return { ...location, end: Math.min(location.end, location.start + 5) };
}

/** Reads a stream, whose type arguments name its messages, after the handshake where it has one. */
function readStream(reader: TypeReader, declaration: Declaration, route: EndpointRoute, site: Site): Types {
  const { endpoint: kind } = declaration.declarator;
  const both = kind === "streamInOut";
  const nodes = [...(declaration.call.typeArguments ?? [])];
  const expected = both ? 2 : 1;
  if (nodes.length < expected) {
    const form = both ? "<Incoming, Outgoing>" : "<Message>";
    const hint = `Write \`${declaration.what}${form}(…)\`, with a type for the handshake before it where it has fields.`;
    reader.report(site, "stream_not_typed", "The messages of this stream have no type", hint);
  }
  const hasResponse = kind === "streamIn" && nodes.length > expected;
  const messages = nodes.slice(nodes.length - expected - (hasResponse ? 1 : 0));
  const handshake = nodes.slice(0, nodes.length - messages.length)[0];
  const read = (node: SyntaxNode | undefined, path: string): TypeIndex | undefined =>
    node === undefined
      ? undefined
      : reader.read(reader.source.typeOfTypeNode(node), {
          location: reader.source.location(node),
          path,
          outgoing: path === "outgoing",
        });
  const incoming = kind === "streamOut" ? undefined : read(messages[0], "incoming");
  const outgoing = kind === "streamIn" ? undefined : read(messages.at(-1), "outgoing");
  const response = hasResponse ? messages[1] : undefined;
  return {
    request: handshake === undefined ? null : readHandshake(reader, handshake, route),
    response: response === undefined ? null : readStreamResponse(reader, response),
    ...(incoming === undefined ? {} : { incoming }),
    ...(outgoing === undefined ? {} : { outgoing }),
  };
}

/** Reads the fields of a handshake, which has no body. */
function readHandshake(reader: TypeReader, node: SyntaxNode, route: EndpointRoute): Types["request"] {
  const site = { location: reader.source.location(node), path: "request" };
  return readRequest(reader, reader.source.typeOfTypeNode(node), { ...route, methods: ["GET"] }, site);
}

/** Reads the one message that the client of a `streamIn` is sent. */
function readStreamResponse(reader: TypeReader, node: SyntaxNode): Types["response"] {
  const site = { location: reader.source.location(node), path: "response", outgoing: true };
  const response = readResponse(reader, reader.source.typeOfTypeNode(node), site);
  if (response !== null && response.fields.length > 0) {
    const message = "The response of a stream has headers, cookies or a status, which a message cannot carry";
    reader.report(site, "stream_not_typed", message, "Make them plain properties, or leave them out.");
  }
  return response;
}

/** The options of one endpoint, read without running the app. */
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

  /** The options that documents tell of; where there are none, nothing. */
  kept({ declarator }: Declaration): Pick<FoundEndpoint, "options" | "unread"> {
    const { options, unread } = keptOptions(this.#reader, this.#node, declarator.options?.keep ?? {});
    return {
      ...(Object.keys(options).length === 0 ? {} : { options }),
      ...(unread === undefined ? {} : { unread }),
    };
  }

  /** Reports limits of forms and files where the request is no form. */
  checkUploads(bodyAs: string | undefined): void {
    const { source } = this.#reader;
    const value = this.#node === undefined ? undefined : memberOf(this.#node, "uploads", source);
    if (typeof value !== "object" || bodyAs === "form" || bodyAs === "multipart") return;
    const site = { location: source.location(value.found), path: "uploads" };
    const message = "`uploads` limits forms and files, and the request of this endpoint is none";
    const hint = "Wrap the request's type in `Form<…>` or `Multipart<…>`, or leave `uploads` out.";
    this.#reader.report(site, "option_invalid", message, hint);
  }

  /** The HTTP methods; unknown names are reported with the other options. */
  methods(kind: EndpointKind): string[] {
    const value = this.#value("method");
    if (value === undefined) return kind === "typed" || kind === "raw" ? ["POST"] : ["GET"];
    const list = Array.isArray(value.value) ? value.value : [value.value];
    const methods = list.filter((method) => typeof method === "string").map((method) => method.toUpperCase());
    if (list.length === 0)
      this.#reader.report(
        value.site,
        "option_invalid",
        "`method` names no method",
        'Write one, as in `"GET"`, or leave it out.',
      );
    if (methods.length !== list.length || methods.length === 0) return ["POST"];
    return methods.includes("*") ? ["*"] : [...new Set(methods)].sort();
  }

  /** The path as written; `isSound` is false when the path cannot be routed, which is reported. */
  path(): { path: string | null; isSound: boolean } {
    const value = this.#value("path");
    if (value === undefined) return { path: null, isSound: true };
    if (typeof value.value !== "string") return { path: null, isSound: false };
    const fault = pathFault(value.value);
    if (fault === null) return { path: value.value, isSound: true };
    this.#reader.report(value.site, "path_invalid", `The path ${fault.what}`, fault.hint);
    return { path: value.value, isSound: false };
  }

  /** The auth handlers of which one must know the caller; an empty list is any of the gateway's. */
  auth(): { names: { auth?: string[] }; location: Location | null } {
    const found = this.#value("auth");
    const { value, site } = found ?? {};
    if (value === undefined || value === false || site === undefined) return { names: {}, location: null };
    const names = (Array.isArray(value) ? value : [value]).filter((name) => typeof name === "string");
    return { names: { auth: names }, location: site.location };
  }

  /** The location of the path; null when no path is written. */
  get pathLocation(): Location | null {
    const member = this.#node === undefined ? "absent" : memberOf(this.#node, "path", this.#reader.source);
    return typeof member === "object" ? this.#reader.source.location(member.found) : null;
  }

  /** The folder of static files, where it can be read from the source. */
  folder(): { dir?: string } {
    const { source } = this.#reader;
    const member = this.#node === undefined ? "absent" : memberOf(this.#node, "dir", source);
    const dir = typeof member === "object" ? staticValue(member.found, source) : undefined;
    return typeof dir === "string" ? { dir } : {};
  }

  #value(name: string): { value: StaticValue; site: Site } | undefined {
    if (this.#node === undefined) return undefined;
    const { source } = this.#reader;
    const member = memberOf(this.#node, name, source);
    if (member === "absent" || (member !== "unknown" && isUndefined(member.found, source))) return undefined;
    const node = member === "unknown" ? this.#node : member.found;
    const site = { location: source.location(node), path: name };
    const value = member === "unknown" ? undefined : staticValue(node, source);
    if (value !== undefined) return { value, site };
    const hint =
      "The compiler reads the option without running the app: use literals, constants, or objects of them.";
    this.#reader.report(site, "option_not_static", `\`${name}\` cannot be read at build time`, hint);
    return undefined;
  }
}

function isUndefined(node: SyntaxNode, source: TypeSource): boolean {
  return node.kind === source.kinds.Identifier && source.shape(source.typeAt(node)).kind === "undefined";
}
