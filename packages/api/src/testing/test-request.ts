import { APIError } from "@twinloop/core-native";
import { isHeaderName } from "@twinloop/core-native/internal";
import type { MemoryRequest } from "./memory-client.ts";

/**
 * What is sent with a request of a test, as with `fetch`.
 *
 * Errors: `invalid_argument` for an unknown option, for a body of a GET or HEAD, and for headers that belong to a connection;
 *         `unimplemented` for the upgrade to a WebSocket.
 */
export interface TestRequestInit {
  /** The method. Default `GET`. */
  readonly method?: string;
  /**
   * The headers, as `fetch` takes them; a list in an object is sent as several. `host` is `localhost` unless given, or that
   * of a URL.
   */
  readonly headers?: NonNullable<RequestInit["headers"]>;
  /** The body, as `fetch` takes it: a string, bytes, `FormData`, `URLSearchParams`, a `Blob` or a stream, which is read to its end first. */
  readonly body?: RequestInit["body"];
  /** A value that is sent as JSON, with its content type. Instead of `body`. */
  readonly json?: unknown;
  /** Ends the request: it rejects with the signal's reason, and the handler's `ctx.signal` aborts. */
  readonly signal?: AbortSignal | null;
  /** Redirects are answers here, and not followed. */
  readonly redirect?: "manual";
  /** Taken for `fetch`'s sake, where the body is a stream. */
  readonly duplex?: "half";
}

/** The host of requests whose test names none. */
const HOST = "localhost";

const OPTIONS: ReadonlySet<string> = new Set([
  ...["method", "headers", "body", "json", "signal", "redirect", "duplex"],
]);

/** Headers by which a connection is managed: in memory there is none to manage. */
const OF_CONNECTION: ReadonlySet<string> = new Set([
  ...["connection", "keep-alive", "proxy-connection", "transfer-encoding"],
]);

/**
 * Reads what a test asks, as `fetch` would send it.
 *
 * Shape:  a path with its query (`/links?page=2`, sent as it is written), a URL, or a `Request`; with a URL, its host and protocol
 *         are those of the request.
 * Errors: `invalid_argument` for what no request can be; `unimplemented` for a WebSocket.
 */
export async function readRequest(
  input: string | URL | Request,
  init: TestRequestInit = {},
): Promise<{ readonly request: MemoryRequest; readonly signal: AbortSignal | undefined }> {
  checkOptions(init);
  const isRequest = input instanceof Request;
  const place = placeOf(isRequest ? input.url : input);
  const method = methodOf(init.method ?? (isRequest ? input.method : "GET"));
  const { bytes, type } = await bodyOf(init, isRequest ? input : undefined);
  if (bytes !== undefined && (method === "GET" || method === "HEAD"))
    throw refused(`a ${method} request cannot have a body: give another \`method\``);
  const headers = headersOf(init.headers ?? (isRequest ? input.headers : undefined));
  if (type !== undefined && !headers.some(([name]) => name === "content-type"))
    headers.push(["content-type", type]);
  if (!headers.some(([name]) => name === "host")) headers.push(["host", place.host]);
  checkHeaders(headers, bytes?.byteLength ?? 0);
  const { target, isHttps } = place;
  const signal = init.signal ?? (isRequest ? input.signal : undefined);
  return { request: { method, target, headers, body: bytes, isHttps }, signal };
}

function checkOptions(init: TestRequestInit): void {
  if (typeof init !== "object" || init === null)
    throw refused("the second argument of request() must be an object");
  const unknown = Object.keys(init).find((name) => !OPTIONS.has(name));
  if (unknown !== undefined)
    throw refused(`request() has no option ${JSON.stringify(unknown)}: it takes ${[...OPTIONS].join(", ")}`);
  const { redirect, signal } = init;
  if (redirect !== undefined && redirect !== "manual")
    throw refused(`redirect is ${JSON.stringify(redirect)}: redirects are answers here, and not followed`);
  if (signal !== undefined && signal !== null && !(signal instanceof AbortSignal))
    throw refused("signal must be an AbortSignal");
}

/** Where a request goes: the target that its request line has, the host, and whether it counts as sent over TLS. */
interface Place {
  readonly target: string;
  readonly host: string;
  readonly isHttps: boolean;
}

/** Reads the place of a request from a path or a URL of http or https. */
function placeOf(input: string | URL): Place {
  const text = String(input);
  if (text.startsWith("/")) return { target: written(text), host: HOST, isHttps: false };
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text))
    throw refused(
      `${JSON.stringify(text)} must be a path that begins with "/", such as "/${text}", or a URL of http or https`,
    );
  const { pathname, search, host, protocol } = new URL(text);
  return { target: pathname + search, host, isHttps: protocol === "https:" };
}

/** A path as it is sent: without its fragment, and with what a request line cannot carry escaped. */
function written(path: string): string {
  const [sent = ""] = path.split("#", 1);
  return sent.replaceAll(/[^\x21-\x7e]+/gu, (part) =>
    Array.from(Buffer.from(part), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  );
}

function methodOf(method: unknown): string {
  if (typeof method === "string" && isHeaderName(method)) return method.toUpperCase();
  throw refused(`${JSON.stringify(method)} is no method`);
}

/** The bytes of a body, and the content type that `fetch` gives such a body by itself. */
interface SentBody {
  readonly bytes: Uint8Array | undefined;
  readonly type: string | undefined;
}

/**
 * Reads the body of a request; `undefined` for none. Errors: `invalid_argument` for a plain object, which `fetch` would send
 * as `[object Object]`.
 */
async function bodyOf(
  { body, json, duplex }: TestRequestInit,
  request: Request | undefined,
): Promise<SentBody> {
  if (json !== undefined) {
    if (body !== undefined && body !== null) throw refused("a request has `body` or `json`, not both");
    return { bytes: Buffer.from(JSON.stringify(json)), type: "application/json" };
  }
  if (body === undefined || body === null) {
    if (!request?.body) return { bytes: undefined, type: undefined };
    return { bytes: new Uint8Array(await request.arrayBuffer()), type: undefined };
  }
  if (typeof body === "string") return { bytes: Buffer.from(body), type: "text/plain;charset=UTF-8" };
  if (body instanceof Uint8Array) return { bytes: body, type: undefined };
  const prototype: unknown = typeof body === "object" ? Object.getPrototypeOf(body) : undefined;
  if (typeof body !== "object" || prototype === Object.prototype || prototype === null || Array.isArray(body))
    throw refused(
      "body is a plain value, which `fetch` sends as its text: give it as `json`, or use JSON.stringify",
    );
  // Node's own class knows the bytes and the type of every other kind.
  const whole = new Request(`http://${HOST}/`, {
    method: "POST",
    body,
    duplex: duplex ?? "half",
  } as RequestInit);
  const type = whole.headers.get("content-type") ?? undefined;
  return { bytes: new Uint8Array(await whole.arrayBuffer()), type };
}

function headersOf(given: TestRequestInit["headers"]): [string, string][] {
  if (given === undefined) return [];
  const isList = given instanceof Headers || Array.isArray(given);
  const pairs = isList ? [...(given as Iterable<[string, string]>)] : Object.entries(given);
  return pairs.flatMap(([name, value]: [string, unknown]): [string, string][] => {
    if (value === undefined) return [];
    if (!isHeaderName(name)) throw refused(`${JSON.stringify(name)} is no name of a header`);
    const values = Array.isArray(value) ? (value as unknown[]) : [value];
    return values.map((one) => [name.toLowerCase(), String(one)]);
  });
}

/** Refuses headers that mean nothing without a connection, a wrong `content-length`, and the upgrade to a WebSocket. */
function checkHeaders(headers: readonly (readonly [string, string])[], length: number): void {
  for (const [name, value] of headers) {
    if (name === "upgrade") throw withoutWebSockets();
    if (OF_CONNECTION.has(name))
      throw refused(`the header ${name} belongs to the connection, and a test has none`);
    if (name === "content-length" && value !== String(length))
      throw refused(`content-length is ${value}, and the body has ${length} bytes: leave it out`);
  }
}

/** The refusal of a WebSocket. */
export function withoutWebSockets(): APIError {
  return APIError.unimplemented(
    "WebSockets are not spoken in memory: start the app by start({ port: 0 }) in a test file of its own, and connect to its `url`",
  );
}

function refused(message: string): APIError {
  return APIError.invalidArgument(message);
}
