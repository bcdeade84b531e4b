import type { Node, ResponseField, ResponsePlace, SentBody } from "@twinloop/core-native/internal";
import { BODILESS } from "../body/answer-of.ts";
import type { Content } from "../body/content.ts";
import type { Callee } from "../call/callee.ts";
import { takesDates } from "../responder.ts";
import { contentOf } from "./wire-value.ts";

type Headers = readonly (readonly [string, string])[];

/** An answer as it came over HTTP. */
export interface PublicAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Headers;
  readonly body: Buffer;
}

/**
 * Makes what a handler has returned out of its answer: the JSON body and the fields that were sent as headers and as the status,
 * or a body that is no JSON.
 *
 * Errors: what the schema says of an answer of another type, and a `TypeError` for a body or a status that the endpoint does not
 *         send.
 */
export function resultOf(
  { planned: { response }, types, schemas, index }: Callee,
  answer: PublicAnswer,
): unknown {
  const { status, headers } = answer;
  const unsent = new TypeError(`the status is ${status}, which the endpoint does not send`);
  if (response === null) {
    if (status >= 300) throw unsent;
    return undefined;
  }
  const { fields, bodyField } = response;
  const hasStatus = fields.some(({ in: place }) => place === "status");
  const content = contentIn(response, answer);
  if (status >= 300 && !hasStatus && content === undefined) throw unsent;
  if (content !== undefined && bodyField === undefined) return content;
  const value = content === undefined ? jsonIn(response, answer, schemas) : undefined;
  if (fields.length === 0) return value;
  const sent = fields.filter(({ in: place }) => place === "header");
  const given = headers.filter(([name]) => sent.some(({ wire }) => wire.toLowerCase() === name));
  const read = sent.length === 0 ? {} : schemas.answerHeaders(index, withDates(types, sent, given));
  return {
    ...(value as object | undefined),
    ...read,
    ...Object.fromEntries(
      fields.flatMap(({ name, in: place }) => (place === "status" ? [[name, status]] : [])),
    ),
    ...(bodyField === undefined ? {} : { [bodyField]: content }),
  };
}

/**
 * Reads the JSON of an answer by the response's type; `undefined` where the endpoint, or this answer's status, has no body.
 * Errors: a `TypeError` for a body of another content type; what the schema says of a value that does not fit.
 */
function jsonIn(
  { body: type }: ResponsePlace,
  { status, headers, body }: PublicAnswer,
  schemas: Callee["schemas"],
): unknown {
  if (type === null || body.length === 0 || BODILESS.has(status)) return undefined;
  const media = mediaTypeOf(headers);
  if (!/^application\/json\b/i.test(media))
    throw new TypeError(`the body is ${media || "of no type"}, not JSON`);
  return schemas.value(type, body.toString("utf8"));
}

/** The body that is no JSON, where the endpoint sends such bodies and has sent one. */
function contentIn(
  { sends = [], body: type }: ResponsePlace,
  answer: PublicAnswer,
): Content | Uint8Array | undefined {
  const { status, headers, body } = answer;
  const media = mediaTypeOf(headers);
  if (sends.length === 0 || (type !== null && /^application\/json\b/i.test(media))) return undefined;
  if (isRedirect(sends, status, headers)) return madeOf("redirect", answer);
  const kind = (["html", "csv", "text"] as const).find(
    (one) => sends.includes(one) && MEDIA[one].test(media),
  );
  if (kind !== undefined) return madeOf(kind, answer);
  if (sends.includes("bytes")) return new Uint8Array(body);
  throw new TypeError(`the body is ${media || "of no type"}, and the endpoint sends ${sends.join(" or ")}`);
}

/** The media types by which texts are told apart: `text/html` and `text/csv` before any other text. */
const MEDIA = { html: /^text\/html\b/i, csv: /^text\/csv\b/i, text: /^text\//i } as const;

/**
 * Whether an answer is a `redirect()` of the handler: only an endpoint that declares one sends a status of 300 with a place
 * to go.
 */
function isRedirect(sends: readonly SentBody[], status: number, headers: Headers): boolean {
  return (
    sends.includes("redirect") &&
    status >= 300 &&
    status < 400 &&
    headers.some(([name]) => name === "location")
  );
}

/** A body as a handler makes it: with the headers that such a body has by itself. */
function madeOf(
  kind: "html" | "csv" | "text" | "redirect",
  { status, headers, body }: PublicAnswer,
): Content {
  const own = headers.filter(([name]) => ["content-type", "content-disposition", "location"].includes(name));
  return contentOf({ kind, text: body.toString("utf8"), status, headers: Object.fromEntries(own) });
}

function mediaTypeOf(headers: Headers): string {
  return headers.find(([name]) => name === "content-type")?.[1] ?? "";
}

/** Writes dates, which headers carry in the form of RFC 9110, as the validator reads them. */
function withDates(types: readonly Node[], fields: readonly ResponseField[], headers: Headers): Headers {
  return headers.map(([name, text]) => {
    const field = fields.find(({ wire }) => wire.toLowerCase() === name)!;
    const time = takesDates(types, field.type) ? Date.parse(text) : Number.NaN;
    return [name, Number.isNaN(time) ? text : new Date(time).toISOString()];
  });
}
