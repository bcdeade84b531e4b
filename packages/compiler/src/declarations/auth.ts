import type { ReadyAuthHandlerModel, RequestPlace, TypeIndex } from "@twinloop/core-native/build-time";
import type { Declaration } from "./declaration.ts";
import { objectArms, readArm } from "../types/fields.ts";
import { keptOptions } from "./model.ts";
import { readRequest } from "./request.ts";
import { awaitedMembers } from "./response.ts";
import { initializerOf, membersOf, type KnownMember } from "./static-value.ts";
import type { Site } from "../types/site.ts";
import { unwrap, type SyntaxNode } from "../typescript/syntax.ts";
import type { Location, Type } from "../typescript/type-source.ts";
import type { TypeReader } from "../types/type-reader.ts";

/** An auth handler, whose name its gateway gives. */
export interface FoundAuthHandler {
  params: RequestPlace;
  data: TypeIndex;
  doc?: string;
  /** The place of the call, by which a gateway refers to it. */
  call: CallPlace;
}

/** An auth handler that Rust verifies, whose name its gateway gives. */
export interface FoundVerifier extends Omit<ReadyAuthHandlerModel, "name"> {
  /** The place of the call, by which a gateway refers to it. */
  call: CallPlace;
}

/** The place of a call: file and offset. */
export interface CallPlace {
  path: string;
  start: number;
}

/** A gateway: the names of its auth handlers, each with the place of the call that makes it. */
export interface FoundGateway {
  /** Without the place where it cannot be read, which is reported. */
  handlers: { name: string; call: CallPlace | null }[];
  /** Whether these are all of the gateway's auth handlers. */
  isWhole: boolean;
}

/** The name of a gateway's only auth handler; `packages/api/src/auth/auth-plan.ts` has the same. */
const ONLY = "default";

const PARAMS_HINT =
  "Write `authHandler<Params, Data>(async (params) => …)`, where `Params` has `Header`, `Query` and `Cookie` fields.";
const GATEWAY_HINT = "Name the handlers' variables: `new Gateway({ authHandlers: { session, key } })`.";

/** Reads an auth handler; null for one that has reported problems. */
export function readAuthHandler(reader: TypeReader, declaration: Declaration): FoundAuthHandler | null {
  const { source } = reader;
  const { call, variable, location } = declaration;
  const site = siteOf(reader, declaration);
  const node = call.arguments?.[0];
  const signature = node === undefined ? null : source.signature(source.typeAt(node));
  if (node === undefined || signature === null) {
    reader.report(
      site,
      "handler_not_callable",
      "The first argument must be the auth handler, a function",
      PARAMS_HINT,
    );
    return null;
  }
  const [paramsNode, dataNode] = call.typeArguments ?? [];
  const params = paramsNode === undefined ? signature.parameters[0]?.type : source.typeOfTypeNode(paramsNode);
  if (params === undefined) {
    reader.report(site, "request_not_declared", "This auth handler declares no parameters", PARAMS_HINT);
    return null;
  }
  const paramsSite = { location: locationOf(reader, paramsNode, site), path: "params" };
  const place = readParams(reader, params, paramsSite);
  const given = dataNode === undefined ? signature.returns : source.typeOfTypeNode(dataNode);
  const dataSite = { location: locationOf(reader, dataNode, site), path: "data", outgoing: true };
  const data = readData(reader, given, dataSite);
  const doc = variable === null ? "" : source.documentation(variable);
  if (place === null || data === null) return null;
  const { path, start } = location;
  return { params: place, data, ...(doc === "" ? {} : { doc }), call: { path, start } };
}

/** Reads the parameters of an auth handler, which are all outside of the body. */
function readParams(reader: TypeReader, type: Type, site: Site): RequestPlace | null {
  const place = readRequest(reader, type, { methods: ["POST"], path: "/" }, site);
  if (place === null || (place.fields.length === 0 && place.body === null)) {
    reader.report(site, "field_misplaced", "The parameters of an auth handler are empty", PARAMS_HINT);
    return null;
  }
  if (place.body === null) return place;
  const node = reader.node(place.body);
  const [first] = node.kind === "object" ? node.properties : [];
  const what = first === undefined ? `\`${site.path}\`` : `\`${site.path}.${first.name}\``;
  const message = `${what} would come from the body, which an auth handler does not get`;
  const hint = 'Say where it comes from: `Header<"X-Key">`, `Query` or `Cookie`.';
  reader.report(site, "field_misplaced", message, hint);
  return null;
}

/** Reads the data of an auth handler, which is an object with a `userID`, or nothing. */
function readData(reader: TypeReader, returns: Type, site: Site): TypeIndex | null {
  const { source } = reader;
  const members = awaitedMembers(source, returns).filter((member) => {
    const { kind } = source.shape(member);
    return kind !== "null" && kind !== "undefined" && kind !== "never";
  });
  const named = members.map((member) => source.properties(member).find(({ name }) => name === "userID"));
  const isText = (type: Type): boolean => {
    const shape = source.shape(type);
    const parts = shape.kind === "union" || shape.kind === "intersection" ? shape.parts : [];
    if (shape.kind === "union") return parts.every(isText);
    if (shape.kind === "intersection") return parts.some(isText);
    return (
      shape.kind === "string" ||
      shape.kind === "template" ||
      (shape.kind === "literal" && typeof shape.value === "string")
    );
  };
  const fits = named.every((one) => one !== undefined && !one.optional && isText(one.type));
  if (members.length === 0 || !fits) {
    const message = `The data of an auth handler must be an object with \`userID: string\`, found \`${source.print(returns)}\``;
    reader.report(
      site,
      "type_not_json",
      message,
      "Return `{ userID, … }`, or `null` for unknown credentials.",
    );
    return null;
  }
  const arms = objectArms(reader, members);
  const [only] = arms?.length === 1 ? arms : [];
  if (only === undefined) return reader.readParts(members, site);
  // Data often repeats a parameter, whose marker means nothing there.
  return readArm(reader, only, () => null, site).body;
}

/** Reads an auth handler that Rust verifies. */
export function readVerifier(reader: TypeReader, { call, what, location }: Declaration): FoundVerifier {
  const { options, unread } = keptOptions(reader, call.arguments?.[0], { header: { as: "value" } });
  const { header = "authorization" } = options;
  const isKnown = unread === undefined && typeof header === "string";
  return {
    verify: what as FoundVerifier["verify"],
    ...(isKnown ? { header: header.toLowerCase() } : {}),
    call: { path: location.path, start: location.start },
  };
}

/** Reads a gateway: which call makes each of its auth handlers. */
export function readGateway(reader: TypeReader, declaration: Declaration): FoundGateway {
  const { source } = reader;
  const site = siteOf(reader, declaration);
  const options = declaration.call.arguments?.[0];
  if (options === undefined) return { handlers: [], isWhole: true };
  const { members, isWhole } = membersOf(options, source);
  const only = members.filter(({ name }) => name.text === "authHandler");
  const several = members.find(({ name }) => name.text === "authHandlers");
  const inner = several === undefined ? { members: [], isWhole: true } : membersOf(several.value, source);
  if (!isWhole || !inner.isWhole) {
    const message = "The auth handlers of this gateway cannot be read at build time";
    reader.report(site, "option_not_static", message, GATEWAY_HINT);
  }
  const handlers = [...only, ...inner.members].map((member, index) => {
    const name = index < only.length ? ONLY : member.name.text;
    const call = callOf(reader, member);
    if (call !== null) return { name, call };
    const at: Site = { location: source.location(member.value), path: name };
    const message = `Which auth handler \`${member.name.text}\` is cannot be read at build time`;
    reader.report(at, "option_not_static", message, GATEWAY_HINT);
    return { name, call };
  });
  return { handlers, isWhole: isWhole && inner.isWhole };
}

/** The place of the call that makes a value: the value itself, or the initializer of the constant that it names. */
function callOf(reader: TypeReader, { value }: KnownMember): CallPlace | null {
  const { source } = reader;
  const { kinds } = source;
  let node: SyntaxNode | null = unwrap(value, kinds);
  if (node.kind !== kinds.CallExpression) node = initializerOf(node, source);
  if (node?.kind !== kinds.CallExpression) return null;
  const { path, start } = source.location(node);
  return { path, start };
}

function locationOf(reader: TypeReader, node: SyntaxNode | undefined, site: Site): Location {
  return node === undefined ? site.location : reader.source.location(node);
}

function siteOf(reader: TypeReader, { call, what }: Declaration): Site {
  return { location: reader.source.location(call.expression), path: what };
}
