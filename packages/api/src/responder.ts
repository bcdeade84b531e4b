/**
 * How a handler's result becomes an answer: checked against the declared response, stripped to it, and split into status,
 * headers and body.
 *
 * A responder is built once for each endpoint, when the app starts. There are three: of a value that is written as JSON, of a
 * body of its own (`HTML`, `file()`, bytes), and of an object whose fields leave the body as headers, cookies and the status.
 */
import {
  buildAnswerSerializer,
  buildSerializer,
  hasJSONForm,
  isHeaderValue,
  ResponseMismatch,
  type Node,
  type ResponseField,
  type ResponsePlace,
  type SentBody,
} from "@twinloop/core-native/internal";
import type { Answer } from "./body/answer.ts";
import { answerOf, BODILESS, isContent } from "./body/answer-of.ts";
import type { Content } from "./body/content.ts";
import { encodeCookie } from "./cookie.ts";
import { SEALED, sealedTexts } from "./cookie/sealed.ts";

/** Turns a handler's result into an answer, checked and stripped by the declared response type. */
export type Responder = (result: unknown) => Answer;

type Fields = Readonly<Record<string, unknown>>;

/** The answer of a handler that returns nothing: 200 without a body. */
const NOTHING: Answer = Object.freeze({ status: 200, headers: "", body: "" });

/**
 * Builds the responder of an endpoint once, at start.
 *
 * Shape:  null is an endpoint that returns nothing: 200 without a body, whatever its handler gives. So is `undefined`
 *         where the body may be anything.
 * Errors: the responder throws `ResponseMismatch` for a result that does not fit, and a `TypeError` for a cookie that a
 *         header cannot carry.
 */
export function buildResponder(types: readonly Node[], place: ResponsePlace | null): Responder {
  if (place === null) return () => NOTHING;
  if (place.bodyField !== undefined) return contentFieldResponder(types, place, place.bodyField);
  const respond = valueResponder(types, place);
  const { sends } = place;
  if (sends === undefined && !takesAnything(types, place)) return respond;
  return (result) => (isContent(result) ? answerOf(checkedContent(result, sends)) : respond(result));
}

/** Tells whether a response may be any value. */
export function takesAnything(types: readonly Node[], { body }: ResponsePlace): boolean {
  return body !== null && types[body]?.kind === "any";
}

/** The responder of results that are written as JSON. */
function valueResponder(types: readonly Node[], place: ResponsePlace): Responder {
  if (place.body === null && place.sends !== undefined) {
    const { sends, bodyOptional } = place;
    return (result) => {
      if (result === undefined && bodyOptional) return NOTHING;
      throw otherContent(sends, result);
    };
  }
  const serialize = place.body === null ? () => "" : buildAnswerSerializer(types, place.body);
  const respond: Responder =
    place.fields.length > 0
      ? fieldsResponder(types, place.fields, serialize)
      : (result) => ({ status: 200, headers: "", body: serialize(result) });
  if (place.bodyOptional || takesAnything(types, place)) {
    return (result) => (result === undefined ? NOTHING : respond(result));
  }
  return respond;
}

/**
 * The responder of an object whose marked fields are sent apart; the others are its JSON body. A status without content (204,
 * 205, 304) sends none.
 */
function fieldsResponder(
  types: readonly Node[],
  declared: readonly ResponseField[],
  serialize: (value: unknown) => string,
): Responder {
  const write = fieldsWriter(types, declared);
  return (result) => {
    const from = fieldsOf(result);
    const { status = 200, headers } = write(from);
    const body = BODILESS.has(status) ? "" : serialize(from);
    return { status, headers: headers.length === 0 ? "" : JSON.stringify(headers), body };
  };
}

/** The responder of an object whose field `bodyField` is the body, beside headers, cookies and a status. */
function contentFieldResponder(
  types: readonly Node[],
  { fields, sends }: ResponsePlace,
  bodyField: string,
): Responder {
  const write = fieldsWriter(types, fields);
  return (result) => {
    const from = fieldsOf(result);
    const body = from[bodyField];
    if (!isContent(body)) throw otherContent(sends, body, `response.${bodyField}`);
    const { status, headers } = write(from);
    return answerOf(checkedContent(body, sends, `response.${bodyField}`), headers, status);
  };
}

/**
 * The name under which a field's text crosses to Rust: sealed cookies go under a name that no header has, which Rust replaces
 * by `set-cookie`.
 */
function headerOf(place: ResponseField["in"], wire: string, sealed: ResponseField["sealed"]): string {
  if (sealed !== undefined) return SEALED;
  return place === "cookie" ? "set-cookie" : wire;
}

/** The fields of a result that are not part of its body, as an answer has them. */
interface WrittenFields {
  /** The status that a field has set. */
  readonly status: number | undefined;
  readonly headers: [string, string][];
}

/**
 * Makes the writer of the marked fields. A field that is `null` is checked and not sent; one that is `undefined` is passed
 * over only where the type makes it optional.
 */
function fieldsWriter(
  types: readonly Node[],
  declared: readonly ResponseField[],
): (from: Fields) => WrittenFields {
  const fields = declared.map((field) => ({ ...field, texts: textsOf(types, field) }));
  return (from) => {
    const headers: [string, string][] = [];
    let status: number | undefined;
    for (const { name, in: place, wire, optional, sealed, texts } of fields) {
      const value = from[name];
      if (value === undefined && optional) continue;
      const written = texts(value);
      if (value === null) continue;
      if (place === "status") status = checkedStatus(name, value);
      else for (const one of written) headers.push([headerOf(place, wire, sealed), one]);
    }
    return { status, headers };
  };
}

/** Checks that a body is one of those that the handler declares; without a declaration any is. */
function checkedContent(
  body: Content | Uint8Array,
  sends: readonly SentBody[] | undefined,
  at = "response",
): Content | Uint8Array {
  if (sends === undefined || sends.includes(kindOf(body))) return body;
  throw otherContent(sends, body, at);
}

/** The kind of a body, as response types list it. */
function kindOf(body: Content | Uint8Array): SentBody {
  return body instanceof Uint8Array ? "bytes" : body.kind;
}

/** The error of a body of another kind than the type declares; it names kinds, and shows nothing of the body. */
function otherContent(sends: readonly SentBody[] = [], found: unknown, at = "response"): ResponseMismatch {
  const expected = `a body of the kind ${sends.join(" or ")}`;
  return new ResponseMismatch(
    at,
    expected,
    isContent(found) ? kindOf(found) : found === null ? "null" : typeof found,
  );
}

/** Returns the object whose fields are sent separately: the result itself, or what its `toJSON` returns. */
function fieldsOf(result: unknown): Fields {
  const form: unknown = hasJSONForm(result) ? result.toJSON("") : result;
  if (typeof form === "object" && form !== null) return form as Fields;
  throw new ResponseMismatch("response", "object", form === null ? "null" : typeof form);
}

/** Writes a field's value as header values, and throws for one that does not fit. Cookies are encoded elsewhere. */
function textsOf(
  types: readonly Node[],
  { name, in: place, wire, type, sealed }: ResponseField,
): (value: unknown) => readonly string[] {
  if (sealed !== undefined) return sealedTexts(types, { name, wire, type, sealed });
  if (place === "cookie") return (value) => (value === null ? [] : [encodeCookie(wire, value)]);
  const serialize = buildSerializer(types, type, `response.${name}`);
  const isDated = takesDates(types, type);
  return (value) => {
    const written: unknown = JSON.parse(serialize(value));
    const texts = (Array.isArray(written) ? written : [written]).map(String);
    if (!texts.every(isHeaderValue)) {
      throw new ResponseMismatch(
        `response.${name}`,
        "a header without line breaks and control characters",
        "one",
      );
    }
    if (!isDated) return texts;
    const values = Array.isArray(value) ? value : [value];
    return texts.map((text, index) => (values[index] instanceof Date ? values[index].toUTCString() : text));
  };
}

/** Tells whether the type declares a date, which headers carry in the form of RFC 9110, 5.6.7. */
export function takesDates(types: readonly Node[], type: number): boolean {
  const node = types[type];
  if (node?.kind === "union") return node.arms.some((arm) => takesDates(types, arm));
  return node?.kind === "array" ? takesDates(types, node.items) : node?.kind === "date";
}

/**
 * Checks a status that a handler has set. Statuses below 200 are interim, and no answer of a handler can be one (RFC 9110,
 * section 15.2).
 */
function checkedStatus(name: string, value: unknown): number {
  if (Number.isInteger(value) && Number(value) >= 200 && Number(value) <= 599) return Number(value);
  throw new ResponseMismatch(`response.${name}`, "a status from 200 to 599", String(value));
}
