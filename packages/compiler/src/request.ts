import { checkField, objectArms, readArm, type Arm, type Decide, type Field } from "./fields.ts";
import type { RequestPlace, ResponsePlace, TypeIndex } from "./manifest.ts";
import { markerTypeName } from "./marker.ts";
import { pathParameters } from "./path.ts";
import type { Site } from "./site.ts";
import type { Type } from "./type-source.ts";
import type { TypeReader } from "./type-reader.ts";

type In = RequestPlace["fields"][number]["in"];

export interface Route {
  methods: readonly string[];
  path: string;
}

const bodyless = new Set(["GET", "HEAD", "DELETE"]);

/** The request of a handler, split by where its fields come from; null when it takes none. */
export function readRequest(reader: TypeReader, type: Type, route: Route, site: Site): RequestPlace | null {
  const { kind } = reader.source.shape(type);
  const queryOnly = route.methods.every((method) => bodyless.has(method));
  if (kind === "undefined" || (queryOnly && (kind === "unknown" || kind === "any"))) return null;
  const parts = membersOf(reader, type);
  const arms = objectArms(reader, parts);
  const names = pathParameters(route.path);
  if (arms === null) {
    if (names.length > 0 || queryOnly) return refuseShape(reader, type, names, site);
    return { fields: [], body: reader.read(type, site), bodyOptional: false };
  }
  const decide = requestPlaces(reader, names, queryOnly);
  const read = arms.map((arm) => readArm(reader, arm, decide, site));
  const fields = agreedFields(reader, read, site);
  for (const field of fields) checkField(reader, field, site);
  reportMissing(reader, names, fields, site);
  const body = bodyOf(reader, type, read, site);
  if (queryOnly && body !== null) return refuseShape(reader, type, names, site);
  return { fields, body, bodyOptional: body !== null && read.some((arm) => arm.bodyOptional) };
}

/** The members of a union type, or the type itself. */
export function membersOf(reader: TypeReader, type: Type): readonly Type[] {
  const shape = reader.source.shape(type);
  return shape.kind === "union" ? shape.parts : [type];
}

function requestPlaces(reader: TypeReader, names: readonly string[], queryOnly: boolean): Decide<In> {
  return ({ property, place, wire, site }) => {
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
    if (place !== null) return { in: place, wire: wire || name };
    return queryOnly ? { in: "query", wire: name } : null;
  };
}

/** The fields of the first arm, which every other arm must repeat: they are read before an arm can be told. */
export function agreedFields<T extends string>(
  reader: TypeReader,
  arms: readonly Arm<T>[],
  site: Site,
): Field<T>[] {
  const [first, ...others] = arms.map((arm) => arm.fields);
  const key = (fields: readonly Field<T>[] | undefined): string =>
    JSON.stringify(fields?.map((field) => Object.values(field)).sort());
  if (others.some((fields) => key(fields) !== key(first))) {
    const message = `\`${site.path}\` is a union whose members differ in the fields outside the body`;
    reader.report(
      site,
      "fields_differ",
      message,
      "Give every member the same path, query, header and cookie fields; only the body may differ.",
    );
  }
  return first ?? [];
}

/** The body that the arms leave: the type itself where no arm had a field. */
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
