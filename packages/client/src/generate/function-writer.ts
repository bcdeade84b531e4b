/**
 * From an endpoint of the manifest to the function of a generated client.
 *
 * Four forms by the endpoint's kind: `call` or `callMixed` for an answer, `send` for a raw endpoint, `follow` for an
 * event stream, `openConnection` for a WebSocket. Each body is text that is valid TypeScript and JavaScript;
 * `language.ts` adds the types.
 */
import { inputOf, type EndpointInput } from "./endpoint-input.ts";
import { outputOf, revivalOf } from "./endpoint-output.ts";
import type { EndpointOf, Node } from "./ir.ts";
import { capital, type Names } from "./names.ts";
import { literal, type WrittenMember, type NamedType, type TypeWriter } from "./type-writer.ts";

/** A function of a generated client. */
export interface WrittenFunction {
  readonly name: string;
  /** The text of the doc comment: the endpoint's own, then its methods and path. */
  readonly doc: string;
  readonly parameters: readonly FunctionParameter[];
  /** The type of the result, in TypeScript. */
  readonly returns: string;
  /** Statements that are valid TypeScript and JavaScript. */
  readonly body: readonly string[];
  readonly isGenerator: boolean;
  /** The type of its input. */
  readonly declares: readonly NamedType[];
}

/** A parameter, with its type and its default. */
export interface FunctionParameter {
  readonly name: string;
  readonly type: string;
  readonly default?: string;
}

/** The methods of an endpoint that is declared with `*`; its function takes the method as an argument. */
const ALL = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];

/** Writes the function of an endpoint. An endpoint of several methods has `method` as its second parameter. */
export function functionOf(
  endpoint: EndpointOf,
  types: readonly Node[],
  writer: TypeWriter,
  names: Names,
): WrittenFunction {
  const name = nameOf(endpoint, names);
  const methods = endpoint.methods.includes("*") ? ALL : endpoint.methods;
  const routes = methods.map((method) => `${method} ${endpoint.path}`);
  const method: FunctionParameter[] =
    methods.length > 1
      ? [{ name: "method", type: methods.map((one) => JSON.stringify(one)).join(" | ") }]
      : [];
  const route = methods.length > 1 ? `\`\${method} ${endpoint.path}\`` : JSON.stringify(routes[0]);
  const doc = [endpoint.doc, `\`${methods.length > 1 ? methods.join("|") : methods[0]} ${endpoint.path}\``];
  const given = { name, route, method, doc: doc.filter(Boolean).join("\n\n") };
  if (endpoint.kind === "raw") return rawFunction(endpoint, given);
  const input = inputOf(endpoint, writer);
  const { parameter, declares } = inputParameter(input, name, names);
  const whole = { ...given, input, parameter, declares };
  if (endpoint.kind === "sse") return eventsFunction(endpoint, types, writer, whole);
  if (endpoint.kind !== "typed") return streamFunction(endpoint, types, writer, whole);
  const output = outputOf(endpoint, types, writer);
  const read = output.read || (output.as ? (output.isMixed ? "(value) => value" : "undefined") : "");
  const call = [
    ...["client", route, input.rest, input.options, read].filter(Boolean),
    ...(output.as ? [JSON.stringify(output.as)] : []),
  ];
  return {
    ...{ name, doc: given.doc, declares, isGenerator: false },
    parameters: [CLIENT, ...method, ...parameter, options("CallOptions")],
    returns: `Promise<${output.type}>`,
    body: [input.statement, `return ${output.isMixed ? "callMixed" : "call"}(${call.join(", ")});`].filter(
      Boolean,
    ),
  };
}

/**
 * The first parameter of each function. Functions take the client instead of being its methods, so that bundlers drop
 * those that a page does not call.
 */
const CLIENT: FunctionParameter = { name: "client", type: "Client" };

/** The last parameter of each function. */
function options(type: string): FunctionParameter {
  return { name: "options", type, default: "{}" };
}

/**
 * The function's name: that of the export; with the service before it where two services export the same name; method
 * and path where the endpoint has no name.
 */
function nameOf({ export: exported, service, methods, path }: EndpointOf, names: Names): string {
  const fallback = `${methods.join(" ").toLowerCase()} ${path}`;
  return exported === null || exported === "default"
    ? names.take(fallback)
    : names.take(exported, service + capital(exported));
}

/** What each of the four forms is written from. `route` is an expression: a text, or a template over `method`. */
interface Given {
  readonly name: string;
  readonly route: string;
  readonly method: readonly FunctionParameter[];
  readonly doc: string;
}

/** What the forms with a typed input are written from; `declares` is the type of the input, where it needs a name. */
interface GivenInput extends Given {
  readonly input: EndpointInput;
  readonly parameter: readonly FunctionParameter[];
  readonly declares: readonly NamedType[];
}

/** The parameter of the input, with the type that is declared for it. */
function inputParameter(
  { type, members, isOptional }: EndpointInput,
  name: string,
  names: Names,
): { parameter: FunctionParameter[]; declares: NamedType[] } {
  if (type === undefined) return { parameter: [], declares: [] };
  if (members?.length === 0) return { parameter: [{ name: "input", type, default: "{}" }], declares: [] };
  const byName = /^[\w$]+$/.test(type) && members === undefined;
  const own = byName ? type : names.take(`${capital(name)}Input`);
  const declares = byName ? [] : [{ name: own, doc: `The input of \`${name}\`.`, members, type }];
  return { parameter: [{ name: "input", type: own, ...(isOptional ? { default: "{}" } : {}) }], declares };
}

/**
 * Writes the function of a raw endpoint, which resolves with the `Response` itself. Path parameters are texts; a body
 * is taken unless every method is GET or HEAD.
 */
function rawFunction({ path, methods }: EndpointOf, { name, route, method, doc }: Given): WrittenFunction {
  const members = [...path.matchAll(/\/[:*!](\w+)/g)].map((found): WrittenMember => ({
    name: found[1]!,
    type: "string",
    optional: false,
    doc: "",
  }));
  const input: FunctionParameter[] = members.length === 0 ? [] : [{ name: "input", type: literal(members) }];
  const body: FunctionParameter = { name: "body", type: "RequestBody", default: "null" };
  const fields = input.length === 0 ? "{}" : "{ ...input }";
  const takesBody = !methods.every((one) => one === "GET" || one === "HEAD");
  return {
    ...{ name, doc, declares: [], isGenerator: false, returns: "Promise<Response>" },
    parameters: [CLIENT, ...method, ...input, ...(takesBody ? [body] : []), options("CallOptions")],
    body: takesBody
      ? [
          `const request = { fields: ${fields}, "~encode": () => body };`,
          `return send(client, ${route}, request, options, async (response) => response);`,
        ]
      : [`return send(client, ${route}, ${fields}, options, async (response) => response);`],
  };
}

/** Writes the function of an `api.sse` endpoint: an async generator that connects again by itself. */
function eventsFunction(
  { outgoing }: EndpointOf,
  types: readonly Node[],
  writer: TypeWriter,
  { name, route, doc, input, parameter, declares }: GivenInput,
): WrittenFunction {
  const revived = revivalOf(types, outgoing, "event") || "event";
  return {
    ...{ name, doc, declares, isGenerator: false },
    parameters: [CLIENT, ...parameter, options("EventOptions")],
    returns: `AsyncGenerator<${eventType(outgoing, types, writer)}, void>`,
    body: [
      input.statement,
      `return follow(client, ${route}, ${input.rest}, ${input.options}, (event) => ${revived})`,
    ].filter(Boolean),
  };
}

/** The type of an event; its id is a text when it arrives. */
function eventType(type: number | undefined, types: readonly Node[], writer: TypeWriter): string {
  const node = type === undefined ? undefined : types[type];
  if (node?.kind === "union") return node.arms.map((arm) => eventType(arm, types, writer)).join(" | ");
  if (node?.kind !== "object") return "{ data: unknown; event?: string; id?: string; retry?: number }";
  const members = writer
    .members(node)
    .map((member) => (member.name === "id" ? { ...member, type: "string" } : member));
  return literal(members);
}

/**
 * Writes the function of a WebSocket stream. A direction that the stream does not have is `never`; a `streamIn`
 * receives its response.
 */
function streamFunction(
  { incoming, outgoing, response, options: kept }: EndpointOf,
  types: readonly Node[],
  writer: TypeWriter,
  { name, route, doc, input, parameter, declares }: GivenInput,
): WrittenFunction {
  const received = outgoing ?? response?.body ?? null;
  const sends = incoming === undefined ? "never" : writer.write(incoming);
  const receives = received === null ? "never" : writer.write(received);
  const isRaw = kept?.["format"] === "raw";
  const revived = isRaw ? "" : revivalOf(types, received, "message");
  const opened = `{ ...${input.options}, ${isRaw ? 'format: "raw"' : 'format: "json"'} }`;
  const call = ["client", route, input.rest, opened, ...(revived ? [`(message) => ${revived}`] : [])].join(
    ", ",
  );
  return {
    ...{ name, doc, declares, isGenerator: false },
    parameters: [CLIENT, ...parameter, options("ConnectOptions")],
    returns: `Promise<Connection<${sends}, ${receives}>>`,
    body: [input.statement, `return openConnection(${call})`].filter(Boolean),
  };
}
