import { checkField, objectArms, readArm, type Decide } from "./fields.ts";
import type { ResponsePlace } from "./manifest.ts";
import { agreedFields, bodyOf } from "./request.ts";
import type { Site } from "./site.ts";
import type { Shape, Type, TypeSource } from "./type-source.ts";
import type { TypeReader } from "./type-reader.ts";

type In = ResponsePlace["fields"][number]["in"];

/** The response of a handler, awaited; null when it returns nothing. */
export function readResponse(reader: TypeReader, returns: Type, site: Site): ResponsePlace | null {
  const members = awaitedMembers(reader.source, returns);
  const kinds = members.map((type) => reader.source.shape(type).kind);
  if (kinds.every((kind) => kind === "undefined" || kind === "never")) return null;
  if (kinds.includes("undefined")) {
    const message = `\`${site.path}\`: \`${reader.source.print(returns)}\` may be \`undefined\`, which no JSON value stands for`;
    reader.report(
      site,
      "type_not_json",
      message,
      "Return `null`, or throw an `APIError` such as `not_found`.",
    );
    return null;
  }
  const arms = objectArms(reader, members);
  if (arms === null) return { fields: [], body: reader.readParts(members, site) };
  const read = arms.map((arm) => readArm(reader, arm, responsePlaces, site));
  const fields = agreedFields(reader, read, site);
  for (const field of fields) checkField(reader, field, site);
  if (fields.length === 0)
    return {
      fields,
      body: read.length === 1 ? (read[0]?.body ?? emptyBody(reader)) : reader.readParts(members, site),
    };
  return { fields, body: bodyOf(reader, returns, read, site) };
}

/** An object without any property still answers `{}`. */
function emptyBody(reader: TypeReader): number {
  return reader.add({ kind: "object", properties: [], additional: null });
}

const responsePlaces: Decide<In> = ({ property, place, wire }) => {
  switch (place) {
    case "header":
      return { in: "header", wire: (wire || property.name).toLowerCase() };
    case "cookie":
    case "setCookie":
      return { in: "cookie", wire: wire || property.name };
    case "httpStatus":
      return { in: "status", wire: "" };
    default:
      return null;
  }
};

/** The members of what `await` gives for a type. */
export function awaitedMembers(source: TypeSource, type: Type): readonly Type[] {
  const shape = source.shape(type);
  if (shape.kind === "union") return unique(shape.parts.flatMap((part) => awaitedMembers(source, part)));
  const inner = shape.kind === "object" ? awaitedType(source, type, shape) : null;
  return inner === null ? [type] : awaitedMembers(source, inner);
}

function awaitedType(source: TypeSource, type: Type, shape: Extract<Shape, { kind: "object" }>): Type | null {
  if (shape.package === "lib" && (shape.name === "Promise" || shape.name === "PromiseLike")) {
    return shape.typeArguments[0] ?? null;
  }
  // Any object whose `then` takes a callback is awaited to that callback's argument, as the language does.
  const then = source.properties(type).find(({ name }) => name === "then");
  const onFulfilled = then === undefined ? undefined : source.signature(then.type)?.parameters[0]?.type;
  if (onFulfilled === undefined) return null;
  const callback = source.shape(onFulfilled);
  const candidates = callback.kind === "union" ? callback.parts : [onFulfilled];
  const signature = candidates
    .map((candidate) => source.signature(candidate))
    .find((found) => found !== null);
  return signature?.parameters[0]?.type ?? null;
}

const YIELDING: ReadonlySet<string> = new Set([
  "AsyncGenerator",
  "AsyncIterable",
  "AsyncIterableIterator",
  "AsyncIteratorObject",
  "ReadableStream",
]);

/** What an async generator yields; null for what is none. */
export function yielded(source: TypeSource, returns: Type): Type | null {
  const [only, ...others] = awaitedMembers(source, returns);
  if (only === undefined || others.length > 0) return null;
  const shape = source.shape(only);
  if (shape.kind !== "object" || shape.name === null || !YIELDING.has(shape.name)) return null;
  return shape.typeArguments[0] ?? null;
}

function unique(types: readonly Type[]): Type[] {
  return [...new Map(types.map((type) => [type.id, type])).values()];
}
