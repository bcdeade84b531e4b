import { APIError, ErrCode } from "@twinloop/core-native";
import { cancellation, httpStatus, isHeaderName } from "@twinloop/core-native/internal";
import { isIdentified, type AuthData } from "../auth/auth-data.ts";
import { calleeOf, type Callee } from "../call/callee.ts";
import { authHandlerNames } from "../http.ts";
import { endpointOf } from "../registry.ts";
import { resultOf } from "../remote/public-answer.ts";
import { publicError } from "../remote/public-error.ts";
import { readEvents } from "../remote/server-sent-events.ts";
import { callRequest } from "./call-request.ts";
import { bytesOf, type MemoryAnswer, type MemoryClient, type MemoryRequest } from "./memory-client.ts";
import { withSetCookies } from "./set-cookies.ts";

/**
 * How a test calls an endpoint: who calls it, and what its request has beside the input.
 *
 * Errors: `invalid_argument` for an unknown option, for auth data without a `userID`, and for an auth handler that the
 *         gateway does not have.
 * Example: `await app.call(remove, { id }, { auth: { userID: "ann" }, headers: { "accept-language": "de" } });`
 */
export interface TestCallOptions {
  /**
   * The data of the caller, as an auth handler would give it, in place of credentials. Without it nobody calls: an endpoint with
   * `auth` then refuses with `unauthenticated`.
   */
  readonly auth?: AuthData | null;
  /** The name of the auth handler whose data `auth` is. Default: the first whose callers the endpoint takes. */
  readonly authHandler?: string;
  /** Further headers of the request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends the call: it rejects with `canceled`, and the handler's `ctx.signal` aborts. */
  readonly signal?: AbortSignal;
}

const OPTIONS: ReadonlySet<string> = new Set(["auth", "authHandler", "headers", "signal"]);

/** Calls endpoints of the app through its HTTP edge, over connections in memory. */
export class TestCaller {
  readonly #client: MemoryClient;

  constructor(client: MemoryClient) {
    this.#client = client;
  }

  /**
   * Calls an endpoint. Of an event stream, the events as an iterable.
   *
   * Errors: an `APIError` as a client would read it; `invalid_argument` for what is no endpoint, `failed_precondition` for `auth` in
   *         an app without auth handlers.
   */
  call(
    endpoint: unknown,
    input: unknown,
    options: TestCallOptions = {},
  ): Promise<unknown> | AsyncIterable<unknown> {
    const callee = typeof endpoint === "function" ? calleeOfFunction(endpoint) : undefined;
    if (callee?.planned.events !== undefined) return this.#events(callee, input, options);
    return this.#answer(callee ?? noEndpoint(endpoint), input, options);
  }

  async #answer(callee: Callee | Error, input: unknown, options: TestCallOptions): Promise<unknown> {
    if (callee instanceof Error) throw callee;
    const { status, headers, ...rest } = await this.#send(callee, input, options);
    const body = await bytesOf({ status, headers, ...rest });
    if (status >= 400) throw errorOf(status, body.toString(), headers);
    return withSetCookies(callee, headers, resultOf(callee, { status, headers, body }));
  }

  async *#events(callee: Callee, input: unknown, options: TestCallOptions): AsyncGenerator<unknown, void> {
    const answer = await this.#send(callee, input, options);
    const { status, headers } = answer;
    if (status !== 200) throw errorOf(status, (await bytesOf(answer)).toString(), headers);
    const type = callee.planned.events!;
    for await (const event of readEvents(linesOf(answer))) yield callee.schemas.value(type, event);
  }

  async #send(callee: Callee, input: unknown, options: TestCallOptions): Promise<MemoryAnswer> {
    const { signal } = options;
    const call = { target: callee.index, auth: callerOf(callee, options) };
    const request: MemoryRequest = await callRequest(callee, { input, headers: headersOf(options), call });
    try {
      return await this.#client.send(request, signal);
    } catch (error) {
      throw signal?.aborted ? cancellation(signal) : error;
    }
  }
}

/** The endpoint behind a function; `undefined` for one that the running app has not declared. */
function calleeOfFunction(endpoint: object): Callee | undefined {
  const declared = endpointOf(endpoint);
  return declared && calleeOf(declared);
}

/** The error of a first argument that is no endpoint; says what would be one. */
function noEndpoint(given: unknown): APIError {
  const isFunction = typeof given === "function";
  return APIError.invalidArgument(
    isFunction
      ? "call() was given a function that is no endpoint of the running app: give what api() or api.sse() has returned, of a module that was imported before testApp()"
      : "call() needs what api() or api.sse() has returned: raw endpoints, folders and WebSockets are reached by request() alone",
  );
}

/** Reads whose data a call has, as the index of the auth handler that would have given it; `null` where nobody calls. */
function callerOf(
  { planned: { guard }, meta }: Callee,
  options: TestCallOptions,
): { readonly handler: number; readonly data: unknown } | null {
  const unknown = Object.keys(options).find((name) => !OPTIONS.has(name));
  if (unknown !== undefined)
    throw APIError.invalidArgument(
      `call() has no option ${JSON.stringify(unknown)}: it takes ${[...OPTIONS].join(", ")}`,
    );
  const { auth = null, authHandler } = options;
  if (auth === null) {
    if (authHandler === undefined) return null;
    throw APIError.invalidArgument("authHandler says whose data `auth` is, and there is no `auth`");
  }
  if (!isIdentified(auth))
    throw APIError.invalidArgument('auth must be the data of a caller, with a userID: { userID: "ann" }');
  if (guard === null)
    throw APIError.failedPrecondition(
      `${meta.name} cannot know its caller: the app has no auth handler, so leave \`auth\` out`,
    );
  const names = authHandlerNames();
  const handler = authHandler === undefined ? guard.handlers[0]! : names.indexOf(authHandler);
  if (handler !== -1) return { handler, data: auth };
  throw APIError.invalidArgument(
    `there is no auth handler ${JSON.stringify(authHandler)}: the gateway has ${names.join(", ")}`,
  );
}

function headersOf({ headers = {} }: TestCallOptions): [string, string][] {
  return Object.entries(headers).map(([name, value]) => {
    if (isHeaderName(name)) return [name.toLowerCase(), String(value)];
    throw APIError.invalidArgument(`${JSON.stringify(name)} is no name of a header`);
  });
}

/** The error of an answer; where a function of the app has shaped it, by its status, with the body as details. */
function errorOf(status: number, text: string, headers: MemoryAnswer["headers"]): APIError {
  const known = publicError(status, text, headers);
  if (known !== undefined) return known;
  const code = Object.values(ErrCode).find((one) => httpStatus(one) === status) ?? ErrCode.Unknown;
  return new APIError(code, `the endpoint answered ${status}`, undefined, { status, body: text });
}

/** The lines of an event stream's answer, without their ends. An answer that ends within a line gives what was whole. */
async function* linesOf(answer: MemoryAnswer): AsyncGenerator<string, void> {
  const pieces = Buffer.isBuffer(answer.body) ? [answer.body] : answer.body;
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of pieces) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield line.endsWith("\r") ? line.slice(0, -1) : line;
  }
}
