import {
  checkedHeaders,
  cookieName,
  encodeHeaders,
  isHeaderValue,
  redacted,
  type OptionRule,
  type WireError,
} from "@twinloop/core-native/internal";
import { log, type ErrCode, type ErrorHeaders } from "@twinloop/core-native";

/** An error on its way to the caller, as a function given as `errors` sees it. */
export interface ErrorToSend {
  /** The HTTP status. */
  readonly status: number;
  /** The code; `internal` also for what is not meant for callers. */
  readonly code: ErrCode;
  /** What the caller may know. The message of a failure that is not meant for the caller is not in it. */
  readonly message: string;
  /** Machine-readable facts, such as `{ issues }` of an input that was refused; `null` without any. */
  readonly details: unknown;
  /** The id under which logs and traces have the request; the answer has it in `x-request-id`. */
  readonly requestId: string;
  /** What the handler has thrown, itself; absent where no handler ran, as for a path that no endpoint has. */
  readonly thrown?: unknown;
}

/** The request whose error a function given as `errors` shapes. The texts are empty where the bytes were no request. */
export interface RequestOfError {
  /** The HTTP method, such as `GET`. */
  readonly method: string;
  /** The path, as the client sent it. */
  readonly path: string;
  /** The caller's address. */
  readonly remoteAddress: string;
  /** One header's value, several joined by `", "`; `undefined` when it was not sent. */
  header(name: string): string | undefined;
}

/** The answer that a function given as `errors` makes of an error. */
export interface ErrorAnswer {
  /** The HTTP status, from 200 to 599. */
  readonly status: number;
  /** Headers, beside those that the error has by itself, such as `allow`. A `content-type` goes with a text as body. */
  readonly headers?: ErrorHeaders;
  /** A text, sent as `text/plain` unless the headers say otherwise; any other value as JSON; `undefined` for no body. */
  readonly body?: unknown;
}

/**
 * A function that makes the answer of an error. The function must return at once, without a promise.
 *
 * Shape:  the error and its request -> status, headers and body. Beside the headers that it gives, the answer has those of the
 *         error: `retry-after`, `allow`, `www-authenticate`, and those of `APIError.withHeaders()`.
 * Errors: where it throws, or returns what cannot be sent, the failure is logged and the answer has the form `"twinloop"`.
 * Example:
 * ```ts
 * import { start, type ErrorFunction } from "@twinloop/api";
 *
 * const errors: ErrorFunction = ({ status, code, message, requestId }) => ({
 *   status,
 *   body: { error: { code, message, requestId } },
 * });
 * await start({ errors });
 * ```
 */
export type ErrorFunction = (error: ErrorToSend, request: RequestOfError) => ErrorAnswer;

/**
 * The form of error answers.
 *
 * - `"twinloop"`: `{ code, message, details }` as JSON.
 * - `"problem"`: problem details, `application/problem+json` (RFC 9457).
 * - a function: what it returns. The function is also called for what Rust refuses, which then costs JavaScript. Where it throws,
 *   returns what cannot be sent, or does not return within a second, the answer has the form `"twinloop"`.
 */
export type ErrorForm = "twinloop" | "problem" | ErrorFunction;

/** The rule of the option `errors`. */
export const errorFormRule: OptionRule = {
  expected: `"twinloop", "problem" or a function that returns { status, headers, body }`,
  fits: (value) => value === "twinloop" || value === "problem" || typeof value === "function",
};

/** The rule of the option `invalidInput`. */
export const invalidInputRule: OptionRule = {
  expected: "400 or 422",
  fits: (value) => value === 400 || value === 422,
};

/** An answer as it crosses to Rust. */
export interface ShapedError {
  /** The HTTP status, from 200 to 599. */
  readonly status: number;
  /** JSON, `[["name","value"],…]`; empty without any. */
  readonly headers: string;
  /** Text or JSON, empty for no body; bytes of UTF-8 where the text has a line feed. */
  readonly body: string | Uint8Array;
}

/**
 * Makes the answer of an error by a function of the app. Secrets in it are redacted. Returns `undefined`, and logs why, where
 * the function failed: the default form is sent then. Never throws.
 */
export function shapeError(
  shape: ErrorFunction,
  error: ErrorToSend,
  request: RequestOfError,
): ShapedError | undefined {
  try {
    return encode(shape(error, request));
  } catch (failure) {
    const fields = { code: error.code, status: error.status, trace: error.requestId };
    log.error(failure, "failed to shape an error: the function given as `errors` failed", fields);
    return undefined;
  }
}

/** What a function of the app is told of an error that a handler has thrown. */
export function thrownError(
  { status, code, message, details }: WireError,
  thrown: unknown,
  requestId: string,
): ErrorToSend {
  return { status, code, message, details, requestId, thrown };
}

/**
 * Adds the headers that an error has by itself to an answer made of it: its own, and `retry-after` of a 503. What the answer
 * sets stays; of cookies each stands for itself. For errors of handlers alone: Rust adds the headers of what it has refused.
 */
export function withHeadersOf({ status, headers = {} }: WireError, shaped: ShapedError): ShapedError {
  const pairs = JSON.parse(shaped.headers || "[]") as HeaderPair[];
  const has = new Set(pairs.map(whatItSets));
  const own = { ...(status === 503 ? { "retry-after": "1" } : {}), ...headers };
  const ownPairs = JSON.parse(redacted(encodeHeaders(own)) || "[]") as HeaderPair[];
  const missing = ownPairs.filter((pair) => !has.has(whatItSets(pair)));
  return missing.length === 0 ? shaped : { ...shaped, headers: JSON.stringify([...pairs, ...missing]) };
}

type HeaderPair = readonly [name: string, value: string];

/** What a header sets: the header of its name, or the cookie of a name. */
function whatItSets([name, value]: HeaderPair): string {
  return name === "set-cookie" ? `${name} ${cookieName(value)}` : name;
}

/**
 * Checks what the app's function has returned, and writes it for Rust with secrets redacted. A body without a `content-type` gets
 * one: `text/plain` for a text, `application/json` for any other value.
 *
 * Errors: `TypeError` for a status that is none, for headers that cannot be sent, and for a body of JSON under another content
 *         type.
 */
function encode(answer: unknown): ShapedError {
  if (typeof answer !== "object" || answer === null) {
    throw new TypeError(
      `it returned ${answer === null ? "null" : typeof answer}, not { status, headers, body }`,
    );
  }
  const { status, headers = {}, body } = answer as ErrorAnswer;
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new TypeError("its status is no whole number from 200 to 599");
  }
  const { type, others } = divide(headers);
  const isText = typeof body === "string";
  if (!isText && type !== undefined && !/^application\/([\w.-]+\+)?json *(;|$)/i.test(type)) {
    throw new TypeError("its content-type is not JSON, and its body is no text");
  }
  const text = redacted(isText ? body : (JSON.stringify(body) ?? ""));
  const wanted: Record<string, string | readonly string[]> = { ...checkedHeaders(others) };
  if (text !== "") {
    wanted["content-type"] = type ?? (isText ? "text/plain; charset=utf-8" : "application/json");
  }
  // Answers of one turn are divided by line feeds, so a text that has one crosses as bytes.
  const bytes = text.includes("\n") ? Buffer.from(text) : undefined;
  return { status, headers: redacted(encodeHeaders(wanted)), body: bytes ?? text };
}

/** Takes the content type, which an error's headers cannot have otherwise, out of the headers. */
function divide(headers: ErrorHeaders): { type: string | undefined; others: ErrorHeaders } {
  const entries = Object.entries(headers);
  const isType = ([name]: readonly [string, unknown]): boolean => name.toLowerCase() === "content-type";
  const type: unknown = entries.find(isType)?.[1];
  if (type !== undefined && (typeof type !== "string" || !isHeaderValue(type))) {
    throw new TypeError("its content-type is no text that a header can have");
  }
  return { type, others: Object.fromEntries(entries.filter((entry) => !isType(entry))) };
}
