import { APIError } from "@twinloop/core-native";
import type { Node, RequestField, RequestPlace } from "@twinloop/core-native/internal";
import { TextBody } from "../body/content.ts";
import { UploadedFile } from "../body/uploaded-file.ts";

/** A part of a request that is an object of its class and stays what it is: files, and bodies of text or bytes. */
export interface GivenPart {
  /** The field's name; `undefined` where the part is the whole request. */
  readonly name: string | undefined;
  /** The part's place in messages: `file.photo`, `body`. */
  readonly at: string;
  /** The class that the part must be of: `UploadedFile`, `TextBody` or `Uint8Array`. */
  readonly kind: "file" | "text" | "bytes";
  /** Whether the part is a list of such objects, as `UploadedFile[]` is. */
  readonly isList: boolean;
  readonly optional: boolean;
}

/** How the request of a call is checked: what of it JSON can carry by its schema, the rest by its class. */
export interface CallPlaces {
  /** The parameters and the JSON body, as a client sends them. */
  readonly place: RequestPlace;
  /** The fields of a form and the sealed cookies, as properties of a JSON body; `undefined` without any. */
  readonly typed: RequestPlace | undefined;
  /** The names of these fields in the request that a caller gives. */
  readonly typedNames: readonly string[];
  /** The sealed cookies among them: where the check finds each, and where it is in a request. */
  readonly sealedAt: readonly (readonly [found: string, at: string])[];
  /** The parts that are checked by their class. */
  readonly given: readonly GivenPart[];
}

/** The names of the classes, as messages have them. */
const EXPECTED = { file: "UploadedFile", text: "TextBody", bytes: "Uint8Array" } as const;

/**
 * Makes the places by which the request of a call is checked. The fields of a form, and the values of sealed cookies, which over
 * HTTP only the server reads, are typed values here: they are checked as properties of a JSON object.
 *
 * Shape:  the request's place as the manifest has it, and the types of the app, to which the type of that object is added -> three
 *         parts, each checked in its own way: parameters and JSON body as texts, typed values as JSON, and given objects by class.
 */
export function callPlaces(whole: RequestPlace, types: Node[]): CallPlaces {
  const typed = whole.fields.filter(isTyped);
  if (typed.length === 0 && whole.bodyAs === undefined) {
    return { place: whole, typed: undefined, typedNames: [], sealedAt: [], given: [] };
  }
  const { body, bodyOptional } = whole;
  const place = { fields: whole.fields.filter(isParameter), body, bodyOptional };
  const given = givenParts(whole, types);
  if (typed.length === 0) return { place, typed: undefined, typedNames: [], sealedAt: [], given };
  const properties = typed.map(({ name, type, optional, nullable, sealed, sensitive }) => ({
    ...{ name, optional, ...(sensitive ? { sensitive } : {}) },
    type: sealed === undefined ? type : sealedType(type, nullable === true, types),
  }));
  const object = types.push({ kind: "object", properties, additional: null }) - 1;
  const values = { fields: [], body: object, bodyOptional: false };
  const sealedAt = typed.flatMap(({ name, wire, sealed }) =>
    sealed === undefined ? [] : [[`body.${name}`, `cookie.${wire}`] as const],
  );
  return { place, typed: values, typedNames: typed.map(({ name }) => name), sealedAt, given };
}

/** Tells whether a field is checked as a typed value: a field of a form, or a sealed cookie. */
export function isTyped({ in: place, sealed }: RequestField): boolean {
  return place === "form" || sealed !== undefined;
}

/** Tells whether a field travels in the path, the query or a header as a text that its sender has written. */
export function isParameter(field: RequestField): boolean {
  return !isTyped(field) && field.in !== "file" && field.in !== "body";
}

/** Gives the issues of sealed cookies the places that they have in a request; any other error stays as it is. */
export function atTheirPlaces(error: unknown, sealedAt: CallPlaces["sealedAt"]): unknown {
  const { issues } = ((error as APIError | undefined)?.details ?? {}) as {
    issues?: readonly { at: string }[];
  };
  if (!(error instanceof APIError) || issues === undefined || sealedAt.length === 0) return error;
  let { message } = error;
  const moved = issues.map((issue) => {
    const place = sealedAt.find(([found]) => issue.at === found || issue.at.startsWith(`${found}.`));
    if (place === undefined) return issue;
    const at = place[1] + issue.at.slice(place[0].length);
    message = message.replaceAll(`${issue.at}:`, `${at}:`);
    return { ...issue, at };
  });
  return APIError.invalidArgument(message).withDetails({ issues: moved });
}

/**
 * Puts the files, texts and bytes of a request into what the schema has passed.
 *
 * Shape:  the parts, the request as the caller has given it, and the checked rest -> what the handler is given: the part itself
 *         where it is the whole request.
 * Errors: `invalid_argument` for a part of another class, and one that is missing.
 */
export function withGiven(given: readonly GivenPart[], request: unknown, checked: unknown): unknown {
  const parts = (typeof request === "object" ? request : undefined) as Readonly<
    Record<string, unknown>
  > | null;
  let whole = checked;
  for (const part of given) {
    if (part.name === undefined) return checkedPart(part, request);
    const value = checkedPart(part, parts?.[part.name]);
    if (value !== undefined) whole = { ...(whole as object | undefined), [part.name]: value };
  }
  return whole;
}

/** The parts that are objects of a class: the files of a multipart request, or the one body of text or bytes. */
function givenParts({ fields, bodyAs }: RequestPlace, types: readonly Node[]): GivenPart[] {
  const files = fields.flatMap(({ name, in: place, wire, type, optional }): GivenPart[] =>
    place === "file"
      ? [{ name, at: `file.${wire}`, kind: "file", isList: types[type]?.kind === "array", optional }]
      : [],
  );
  if (bodyAs !== "text" && bodyAs !== "bytes") return files;
  const field = fields.find((one) => one.in === "body");
  return [{ name: field?.name, at: "body", kind: bodyAs, isList: false, optional: field?.optional ?? false }];
}

/** The type of a sealed cookie as a handler gets it: `{ value }`, or null where that is allowed. */
function sealedType(value: number, nullable: boolean, types: Node[]): number {
  const properties = [{ name: "value", type: value, optional: false }];
  const cookie = types.push({ kind: "object", properties, additional: null }) - 1;
  if (!nullable) return cookie;
  const nothing = types.push({ kind: "null" }) - 1;
  return types.push({ kind: "union", arms: [nothing, cookie] }) - 1;
}

/** The value of a part, of its class or a list of it. Errors: `invalid_argument` at `file.photos[2]`, for one of another class. */
function checkedPart(part: GivenPart, value: unknown): unknown {
  if (value === undefined && part.optional) return undefined;
  if (!part.isList) {
    if (isOfKind(part.kind, value)) return value;
    throw misfit(part, part.at, value);
  }
  if (!Array.isArray(value)) throw misfit(part, part.at, value);
  const wrong = value.findIndex((one) => !isOfKind(part.kind, one));
  if (wrong === -1) return value;
  throw misfit(part, `${part.at}[${wrong}]`, value[wrong]);
}

function isOfKind(kind: GivenPart["kind"], value: unknown): boolean {
  if (kind === "file") return value instanceof UploadedFile;
  return kind === "text" ? value instanceof TextBody : value instanceof Uint8Array;
}

function misfit({ kind }: GivenPart, at: string, value: unknown): APIError {
  const expected = EXPECTED[kind];
  const found = value === undefined ? "nothing" : value === null ? "null" : typeof value;
  const message = `${at}: expected ${expected}, found ${found}`;
  return APIError.invalidArgument(message).withDetails({ issues: [{ at, expected, found }] });
}
