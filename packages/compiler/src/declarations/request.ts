import { objectArms, readArm, sealedCookie, type Arm, type Decide, type Field } from "../types/fields.ts";
import type { RequestPlace, ResponsePlace, TypeIndex } from "@twinloop/core-native/build-time";
import { BodyFields, formOf, refuseBody, wholeBody } from "./request-body.ts";
import { isSensitive, markerTypeName } from "../types/marker.ts";
import { pathParameters } from "@twinloop/core-native/build-time";
import type { Site } from "../types/site.ts";
import type { Type } from "../typescript/type-source.ts";
import type { TypeReader } from "../types/type-reader.ts";

type In = RequestPlace["fields"][number]["in"];

export interface Route {
  methods: readonly string[];
  path: string;
}

const bodyless = new Set(["GET", "HEAD", "DELETE"]);

/** Reads the request of a handler, split by where its fields come from; null when the handler takes none. */
export function readRequest(reader: TypeReader, type: Type, route: Route, site: Site): RequestPlace | null {
  const place = readPlace(reader, type, route, site);
  return place !== null && isSensitive(reader.source, [type]) ? hidden(place) : place;
}

/** Marks a whole request as secret: each of its fields, and its body. */
function hidden({ fields, ...place }: RequestPlace): RequestPlace {
  const secret = place.body === null ? {} : { bodySensitive: true as const };
  return { fields: fields.map((field) => ({ ...field, sensitive: true })), ...place, ...secret };
}

function readPlace(reader: TypeReader, type: Type, route: Route, site: Site): RequestPlace | null {
  const { kind } = reader.source.shape(type);
  const queryOnly = route.methods.every((method) => bodyless.has(method));
  if (kind === "undefined" || (queryOnly && (kind === "unknown" || kind === "any"))) return null;
  const form = formOf(reader, type);
  const names = pathParameters(route.path);
  if (form !== null && queryOnly) return refuseBody(reader, form, site);
  if (form === "text" || form === "bytes") return wholeBody(reader, type, form, names, site);
  const members = membersOf(reader, type);
  const parts = members.filter((member) => reader.source.shape(member).kind !== "undefined");
  const mayBeNothing = parts.length < members.length;
  const arms = objectArms(reader, parts);
  if (arms === null) {
    if (names.length > 0 || queryOnly) return refuseShape(reader, type, names, site);
    if (mayBeNothing) return refuseAbsence(reader, type, site);
    return { fields: [], body: reader.read(type, site), bodyOptional: false };
  }
  const bodyFields = new BodyFields(reader, form, queryOnly);
  const decide = requestPlaces(reader, names, queryOnly, bodyFields);
  const read = arms.map((arm) => readArm(reader, arm, decide, site));
  const fields = agreedFields(reader, read, site);
  reportMissing(reader, names, fields, site);
  const isWhole = mayBeNothing && fields.length === 0 && arms.length > 1;
  const all = isWhole ? reader.readParts(parts, site) : bodyOf(reader, type, read, site);
  const found = bodyFields.rest(all, type, site);
  const body = queryOnly && saysNothingMore(reader, found) ? null : found;
  if (queryOnly && body !== null) return refuseShape(reader, type, names, site);
  const bodyOptional = body !== null && read.some((arm) => arm.bodyOptional);
  const isOptional = fields.every((field) => field.optional) && (body === null || bodyOptional);
  if (mayBeNothing && !isOptional) return refuseAbsence(reader, type, site);
  return { fields, body, bodyOptional, ...(bodyFields.form === null ? {} : { bodyAs: bodyFields.form }) };
}

/** Reports a request that may be `undefined` and has required properties: its presence could not be decided. */
function refuseAbsence(reader: TypeReader, type: Type, site: Site): null {
  const message = `\`${site.path}\`: \`${reader.source.print(type)}\` may be \`undefined\`, but a handler always gets a request`;
  const hint = "Make every property optional (an absent body is `{}`), or leave out the `?` or `undefined`.";
  reader.report(site, "type_not_json", message, hint);
  return null;
}

/** Whether the body only excludes other names, as `Record<string, never>` does. */
function saysNothingMore(reader: TypeReader, body: TypeIndex | null): boolean {
  const node = body === null ? null : reader.node(body);
  return node?.kind === "object" && node.properties.length === 0 && node.additional === null;
}

/** The members of a union type, or the type itself. */
export function membersOf(reader: TypeReader, type: Type): readonly Type[] {
  const shape = reader.source.shape(type);
  return shape.kind === "union" ? shape.parts : [type];
}

function requestPlaces(
  reader: TypeReader,
  names: readonly string[],
  queryOnly: boolean,
  bodyFields: BodyFields,
): Decide<In> {
  return (placed) => {
    const { property, place, wire, site } = placed;
    const { name } = property;
    if (names.includes(name)) return { in: "path", wire: name };
    if (place === "setCookie" || place === "httpStatus") {
      const message = `\`${site.path}\`: \`${markerTypeName(place)}\` is for responses`;
      reader.report(
        site,
        "field_misplaced",
        message,
        place === "setCookie" ? "A request reads a `Cookie<…>`." : "Leave it out of the request.",
      );
      return null;
    }
    if (place === "header") return { in: "header", wire: (wire || name).toLowerCase() };
    if (place === "signedCookie" || place === "encryptedCookie") return sealedCookie(reader, placed);
    if (place !== null) return { in: place, wire: wire || name };
    return bodyFields.place(placed) ?? (queryOnly ? { in: "query", wire: name } : null);
  };
}

/** The fields of the first arm, which every other arm must repeat: fields are read before the arm is known. */
export function agreedFields<T extends string>(
  reader: TypeReader,
  arms: readonly Arm<T>[],
  site: Site,
): Field<T>[] {
  const [first, ...others] = arms.map((arm) => arm.fields);
  const key = (fields: readonly Field<T>[] | undefined): string => JSON.stringify(fields?.map(placed).sort());
  if (others.some((fields) => key(fields) !== key(first))) {
    const message = `\`${site.path}\` is a union whose members differ in the fields outside the body`;
    reader.report(
      site,
      "fields_differ",
      message,
      "Give every member the same path, query, header and cookie fields; only the body may differ.",
    );
  }
  return (first ?? []).map((field) => (isStatus(field) ? anyStatusOf(reader, field, arms) : field));
}

/** What of a field must be the same in each arm: all but its docs, and which status it is. */
function placed<T extends string>(field: Field<T>): unknown[] {
  const { doc: _doc, docTags: _docTags, type, ...kept } = field;
  return isStatus(field) ? Object.values(kept) : [type, ...Object.values(kept)];
}

function isStatus(field: Field<string>): boolean {
  return field.in === "status";
}

/** The field of the status, of the types that it has in all arms. */
function anyStatusOf<T extends string>(
  reader: TypeReader,
  field: Field<T>,
  arms: readonly Arm<T>[],
): Field<T> {
  const types = [...new Set(arms.flatMap(({ fields }) => fields.filter(isStatus).map(({ type }) => type)))];
  return types.length === 1 ? field : { ...field, type: reader.add({ kind: "union", arms: types }) };
}

/** The body of all arms: the type itself where no arm has a field. */
export function bodyOf<T extends string>(
  reader: TypeReader,
  type: Type,
  arms: readonly Arm<T>[],
  site: Site,
): ResponsePlace["body"] {
  const bodies = new Set(arms.map((arm) => arm.body));
  const [only] = bodies;
  if (only !== undefined && bodies.size === 1) return only;
  if (arms.every((arm) => arm.fields.length === 0)) return reader.read(type, site);
  const present = arms.map(
    (arm): TypeIndex => arm.body ?? reader.add({ kind: "object", properties: [], additional: null }),
  );
  const index = reader.add({ kind: "union", arms: present });
  reader.unions.push({ index, site });
  return index;
}

function reportMissing(
  reader: TypeReader,
  names: readonly string[],
  fields: readonly Field<In>[],
  site: Site,
): void {
  for (const name of names.filter(
    (candidate) => !fields.some((field) => field.in === "path" && field.name === candidate),
  )) {
    const message = `\`${site.path}\` has no field \`${name}\`, which the path binds`;
    reader.report(site, "path_field_missing", message, `Add \`${name}: string\` to the request type.`);
  }
}

function refuseShape(reader: TypeReader, type: Type, names: readonly string[], site: Site): null {
  const cause =
    names.length > 0 ? "the path binds fields of it" : "GET, HEAD and DELETE requests have no body";
  const message = `\`${site.path}\`: \`${reader.source.print(type)}\` must be an object with named fields, since ${cause}`;
  reader.report(site, "field_misplaced", message, "Declare an interface with one property per field.");
  return null;
}
