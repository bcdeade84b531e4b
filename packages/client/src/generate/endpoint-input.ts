import type { EndpointOf, FieldOf } from "./ir.ts";
import { isIdentifier } from "./names.ts";
import { literal, propertyName, type WrittenMember, type TypeWriter } from "./type-writer.ts";

/** The input of a generated function: its type, and how its fields are put in their places. */
export interface EndpointInput {
  /** The type; `undefined` without input. */
  readonly type: string | undefined;
  /** The members of a type that is one object; `undefined` for any other. */
  readonly members: readonly WrittenMember[] | undefined;
  /** Whether the function may be called without its input: nothing in it is required. */
  readonly isOptional: boolean;
  /** The statement that takes fields out of the input; empty where none is. */
  readonly statement: string;
  /** The expression of what is left for the path, the query or the body. */
  readonly rest: string;
  /** The expression of the options of the call. */
  readonly options: string;
}

/** The methods whose fields travel in the query without being marked; those of others travel in the body. */
const IN_QUERY: ReadonlySet<string> = new Set(["GET", "HEAD", "DELETE"]);

/**
 * Reads the input of an endpoint that a handler's types describe.
 *
 * Shape:  -> the type of one object that has all fields, and the code that sends each its own way. Sealed cookies are
 * left out: no client can make one. An endpoint whose request a schema describes at run time takes any object. A
 * `text` or `bytes` body without further fields is the input itself.
 */
export function inputOf(endpoint: EndpointOf, types: TypeWriter): EndpointInput {
  const { request, requestFrom } = endpoint;
  const none = { members: undefined, statement: "", options: "options" };
  if (requestFrom === "runtime")
    return { ...none, type: "Record<string, unknown>", isOptional: false, rest: "input" };
  if (request === null) return { ...none, type: undefined, isOptional: true, rest: "undefined" };
  const fields = request.fields.filter(({ sealed }) => sealed === undefined);
  const encoder = request.bodyAs;
  const encoded = (rest: string): string => (encoder === undefined ? rest : `${encoder}(${rest})`);
  if (encoder !== undefined && ["text", "bytes"].includes(encoder) && fields.length === 0)
    return {
      ...none,
      type: encoder === "text" ? "string" : "Uint8Array | Blob",
      isOptional: false,
      rest: encoded("input"),
    };
  const own = fields.map((field) => memberOf(field, types));
  const { type, members } = typeWith(own, request.body, types);
  const apart = fields.filter((field) => isApart(field, endpoint));
  const statement = apart.length === 0 ? "" : `const { ${apart.map(binding).join(", ")}, ...rest } = input;`;
  return {
    type,
    members,
    isOptional: own.every(({ optional }) => optional) && (request.body === null || request.bodyOptional),
    statement,
    rest: encoded(apart.length === 0 ? "input" : "rest"),
    options: optionsOf(apart),
  };
}

/** The property of a field: files are `Blob`s, and a cookie is optional, because browsers send it themselves. */
function memberOf(field: FieldOf, types: TypeWriter): WrittenMember {
  const member = types.member(field);
  switch (field.in) {
    case "file":
      return { ...member, type: types.node(field.type)?.kind === "array" ? "Array<Blob>" : "Blob" };
    case "body":
      return { ...member, type: types.node(field.type)?.kind === "string" ? "string" : "Uint8Array | Blob" };
    case "cookie": {
      const doc = [member.doc, "A cookie: browsers send their own."].filter(Boolean).join("\n");
      return { ...member, optional: true, doc };
    }
    default:
      return member;
  }
}

/** The type of fields beside those of a body. */
function typeWith(
  own: readonly WrittenMember[],
  body: number | null,
  types: TypeWriter,
): Pick<EndpointInput, "type" | "members"> {
  if (body === null) return { type: literal(own), members: own };
  const node = types.node(body);
  if (node?.kind === "object" && node.name === undefined && node.additional === null) {
    const members = [...own, ...types.members(node)];
    return { type: literal(members), members };
  }
  const text = types.write(body);
  return { type: own.length === 0 ? text : `${literal(own)} & (${text})`, members: undefined };
}

/** Whether a field does not travel where the rest of the input does. */
function isApart({ in: place, name, wire }: FieldOf, { methods }: EndpointOf): boolean {
  if (place === "header" || place === "cookie") return true;
  return place === "query" && (name !== wire || !methods.every((method) => IN_QUERY.has(method)));
}

/** The field in a destructuring pattern: `name`, or `"x-name": thex_name`. */
function binding(field: FieldOf): string {
  const name = variableOf(field);
  return name === field.name ? name : `${propertyName(field.name)}: ${name}`;
}

/** The variable of a field, which must not hide another of the function. */
function variableOf({ name }: FieldOf): string {
  const isFree = isIdentifier(name) && !["client", "input", "options", "rest", "method"].includes(name);
  return isFree ? name : `the${name.replaceAll(/[^\w$]/g, "_")}`;
}

/**
 * The expression of a call's options, with the query and the headers that fields make. What the caller passes in
 * `options` goes last, and so wins.
 */
function optionsOf(apart: readonly FieldOf[]): string {
  const of = (place: string): string[] =>
    apart
      .filter((field) => field.in === place)
      .map((field) => `${propertyName(field.wire)}: ${variableOf(field)}`);
  const [query, headers, cookies] = [of("query"), of("header"), of("cookie")];
  if (cookies.length > 0) headers.push(`cookie: cookiesOf({ ${cookies.join(", ")} })`);
  if (query.length + headers.length === 0) return "options";
  const parts = ["...options"];
  if (query.length > 0) parts.push(`query: { ${query.join(", ")}, ...options.query }`);
  if (headers.length > 0) parts.push(`headers: { ${headers.join(", ")}, ...options.headers }`);
  return `{ ${parts.join(", ")} }`;
}
