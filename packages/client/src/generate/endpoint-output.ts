import type { EndpointOf, FieldOf, Node, ResponseOf } from "./ir.ts";
import { revivalPlan } from "./revival-plan.ts";
import { literal, propertyName, type WrittenMember, type TypeWriter } from "./type-writer.ts";

/** What a generated function resolves with: its type, and how it is read. */
export interface EndpointOutput {
  readonly type: string;
  /** The function that reads the body; empty where it stays as it is. */
  readonly read: string;
  /** The form of a body that is not JSON; empty for JSON. */
  readonly as: string;
  /** Whether the answer may be JSON as well. */
  readonly isMixed: boolean;
}

/** The expression that puts dates, bigints and bytes into a document; empty where its type has none. */
export function revivalOf(types: readonly Node[], type: number | null | undefined, value: string): string {
  if (type === null || type === undefined) return "";
  const plan = revivalPlan(types, type);
  return plan.length === 0 ? "" : `revive(${JSON.stringify(plan)}, ${value})`;
}

/**
 * Reads the output of an endpoint that answers once.
 *
 * Shape:  -> the type and the code that reads it. Cookies are left out, because pages may not read `Set-Cookie`. An
 * endpoint without a body and without fields resolves with nothing (`void`); one whose response a schema describes at
 * run time, with `unknown`.
 * Source: Fetch standard, "forbidden response-header name".
 */
export function outputOf(
  { response, responseFrom }: EndpointOf,
  types: readonly Node[],
  writer: TypeWriter,
): EndpointOutput {
  if (responseFrom === "runtime") return { type: "unknown", read: "", as: "", isMixed: false };
  if (response === null) return { type: "void", read: "", as: "", isMixed: false };
  const content = contentOf(response);
  const fields = response.fields.filter((field) => field.in !== "cookie");
  const parts = [
    response.body === null || response.bodyField ? [] : [writer.write(response.body)],
    content?.type ?? [],
  ].flat();
  const body = parts.join(" | ") || "undefined";
  const whole = response.bodyOptional ? `${body} | undefined` : body;
  const revived = revivalOf(types, response.body, "value");
  const isMixed = content !== undefined && response.body !== null && response.bodyField === undefined;
  const value = valueOf(revived, content, isMixed);
  const as = content?.as ?? "";
  if (fields.length === 0 && !response.bodyField)
    return {
      type: whole === "undefined" ? "void" : whole,
      read: value === "value" ? "" : `(value) => ${value}`,
      as,
      isMixed,
    };
  const members = fields.map((field) => fieldMember(field, writer));
  if (response.bodyField) members.push({ name: response.bodyField, type: body, optional: false, doc: "" });
  const isObject = response.body !== null && !response.bodyField;
  const sent = [
    ...(isObject ? [`...${value}`] : []),
    ...(response.bodyField ? [`${propertyName(response.bodyField)}: ${value}`] : []),
    ...fields.map((field) => `${propertyName(field.name)}: ${fieldValue(field, types)}`),
  ];
  const type = isObject ? `${isMixed ? `(${body})` : body} & ${literal(members)}` : literal(members);
  return { type, read: `(value, response) => ({ ${sent.join(", ")} })`, as, isMixed };
}

/** The expression of the body: revived JSON, bytes as `Uint8Array`, or what `fetch` has read. */
function valueOf(revived: string, content: Content | undefined, isMixed: boolean): string {
  const bytes = content?.type === "Uint8Array";
  if (isMixed && bytes) return `value instanceof ArrayBuffer ? new Uint8Array(value) : ${revived || "value"}`;
  if (bytes) return "new Uint8Array(value)";
  if (isMixed && content?.as === "blob" && revived) return `value instanceof Blob ? value : ${revived}`;
  return revived || "value";
}

/** A body that is not JSON: its type, and the method of `Response` that reads it. */
interface Content {
  readonly type: string;
  readonly as: string;
}

/**
 * The body that is not JSON; `undefined` where the endpoint sends JSON alone. Several kinds of texts are a text,
 * bytes alone are bytes, and any other mixture is a `Blob`, which keeps its content type.
 */
function contentOf({ sends = [] }: ResponseOf): Content | undefined {
  if (sends.length === 0) return undefined;
  if (sends.every((kind) => ["html", "csv", "text"].includes(kind))) return { type: "string", as: "text" };
  return sends.every((kind) => kind === "bytes")
    ? { type: "Uint8Array", as: "arrayBuffer" }
    : { type: "Blob", as: "blob" };
}

/**
 * The property of a header or of the status. A union may contain null, which is sent as an absent header: its
 * property is optional.
 */
function fieldMember(field: FieldOf, writer: TypeWriter): WrittenMember {
  const { optional, ...member } = writer.member(field);
  return { ...member, optional: optional || writer.node(field.type)?.kind === "union" };
}

/** The expression that reads a header or the status out of the response. */
function fieldValue({ in: place, wire, type }: FieldOf, types: readonly Node[]): string {
  if (place === "status") return "response.status";
  return `headerOf(response, ${JSON.stringify(wire)}, ${JSON.stringify(kindOf(types, type))})`;
}

/** The kind of a header's value; of a union that of its first arm that is not null. */
function kindOf(types: readonly Node[], type: number): string {
  const node = types[type];
  if (node?.kind === "union")
    return node.arms.map((arm) => kindOf(types, arm)).find((kind) => kind !== "null") ?? "string";
  if (node?.kind === "literal") return typeof node.value;
  if (node?.kind === "enum") return typeof node.values[0];
  return node?.kind ?? "string";
}
