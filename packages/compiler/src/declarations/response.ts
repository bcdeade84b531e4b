import { objectArms, readArm, sealedCookie, type Decide } from "../types/fields.ts";
import type { ResponsePlace } from "@twinloop/core-native/build-time";
import { agreedFields, bodyOf } from "./request.ts";
import { contentField, withoutContent } from "./response-body.ts";
import { refuseConstraints, sentBodyOf } from "../types/content.ts";
import { markerTypeName, type PlaceName } from "../types/marker.ts";
import type { Site } from "../types/site.ts";
import type { Shape, Type, TypeSource } from "../typescript/type-source.ts";
import type { TypeReader } from "../types/type-reader.ts";

type In = ResponsePlace["fields"][number]["in"];

/**
 * Reads the awaited response of a handler; null when it returns nothing, with an optional body when it may return
 * nothing.
 */
export function readResponse(reader: TypeReader, returns: Type, site: Site): ResponsePlace | null {
  const all = awaitedMembers(reader.source, returns);
  const isNothing = (type: Type): boolean => {
    const { kind } = reader.source.shape(type);
    return kind === "undefined" || kind === "never";
  };
  const members = all.filter((type) => !isNothing(type));
  if (members.length === 0) return null;
  const place = readBodies(reader, members, returns, site);
  return members.length === all.length ? place : { ...place, bodyOptional: true };
}

/** Reads the members of a response, of which some may be bodies that are not JSON. */
function readBodies(reader: TypeReader, members: readonly Type[], returns: Type, site: Site): ResponsePlace {
  const bodies = members.map((type) => sentBodyOf(reader, type));
  members.forEach((type, at) => bodies[at] === "bytes" && refuseConstraints(reader, type, site));
  const data = members.filter((_, at) => bodies[at] === null);
  const content = data.length === 0 ? null : contentField(reader, data, site);
  const sends = [...new Set([...bodies.filter((body) => body !== null), ...(content?.sends ?? [])])].sort();
  if (data.length === 0) return { fields: [], body: null, sends };
  if (content !== null) {
    const decide = responsePlaces(reader);
    return { ...withoutContent(reader, data, content.name, decide, site), sends, bodyField: content.name };
  }
  const place = readMembers(reader, data, returns, site);
  return sends.length === 0 ? place : { ...place, sends };
}

function readMembers(reader: TypeReader, members: readonly Type[], returns: Type, site: Site): ResponsePlace {
  const arms = objectArms(reader, members);
  if (arms === null) return { fields: [], body: reader.readParts(members, site) };
  const read = arms.map((arm) => readArm(reader, arm, responsePlaces(reader), site));
  const fields = agreedFields(reader, read, site);
  if (fields.length === 0)
    return {
      fields,
      body: read.length === 1 ? (read[0]?.body ?? emptyBody(reader)) : reader.readParts(members, site),
    };
  return { fields, body: bodyOf(reader, returns, read, site) };
}

/** The body of an object without properties, which is `{}`. */
function emptyBody(reader: TypeReader): number {
  return reader.add({ kind: "object", properties: [], additional: null });
}

function responsePlaces(reader: TypeReader): Decide<In> {
  return (placed) => {
    const { property, place, wire, site } = placed;
    const isRequests = place === "query" || place === "header" || place === "cookie";
    if (isRequests && (place === "query" || site.inferred === true)) {
      reportEcho(reader, place, site);
      return null;
    }
    switch (place) {
      case "header":
        return { in: "header", wire: settableHeader(reader, wire || property.name, site) };
      case "signedCookie":
      case "encryptedCookie": {
        // A null sets nothing, as of every field of a response.
        const { nullable: _, ...destination } = sealedCookie(reader, placed);
        return destination;
      }
      case "cookie":
      case "setCookie":
        return { in: "cookie", wire: wire || property.name };
      case "httpStatus":
        return { in: "status", wire: "" };
      default:
        return null;
    }
  };
}

/**
 * Headers about the connection and headers that the server computes; `crates/api` drops them from an endpoint's
 * response.
 */
const NOT_SETTABLE: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "transfer-encoding",
  "upgrade",
  "te",
  "trailer",
  "keep-alive",
  "proxy-connection",
]);

/** A header's name in lower case; a header that an endpoint cannot set is reported. */
function settableHeader(reader: TypeReader, name: string, site: Site): string {
  const wire = name.toLowerCase();
  if (NOT_SETTABLE.has(wire)) {
    const message = `\`${site.path}\` is the header \`${name}\`, which the server writes and an endpoint cannot set`;
    reader.report(site, "field_misplaced", message, "Leave the field out, or give the header another name.");
  }
  return wire;
}

/** Reports a field of the request that is returned in the response with its marker. */
function reportEcho(reader: TypeReader, place: PlaceName, site: Site): void {
  const name = markerTypeName(place);
  const message = `\`${site.path}\` is a \`${name}\` of the request, returned with its marker`;
  const plain = "For the body write the plain type: `const value: string = …`";
  const hints: Partial<Record<PlaceName, string>> = {
    cookie: `${plain}; to set the cookie, return a \`SetCookie\`.`,
    header: `${plain}; to send a header, declare the response: \`Promise<{ …: Header<"…"> }>\`.`,
  };
  reader.report(site, "field_misplaced", message, hints[place] ?? `${plain}.`);
}

/** The members of the type that `await` gives. */
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
  // An object whose `then` takes a callback is awaited to that callback's argument, as in the language.
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

/** The type that an async generator yields; null for any other type. */
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
