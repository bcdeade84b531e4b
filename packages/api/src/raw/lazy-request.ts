/**
 * Requests of fetch that are made when somebody needs more of them than method, address, headers and signal.
 *
 * Node's `Request` costs many times what a small handler does, most of it for a signal that follows another one. What stands in for
 * it has the class's prototype in its chain; whatever it does not know itself it asks of a real one, made then. Where the runtime
 * keeps the state of requests out of reach (`new Request(request)` then takes no stand-in), requests are made at once.
 */

/** What a request is made of. */
export interface RequestParts {
  readonly method: string;
  readonly signal: AbortSignal;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array<ArrayBuffer> | undefined;
  /** The request's address, as `URL` writes it. */
  address(): string;
}

/**
 * A stand-in, or the request that it stands for. Headers may be changed before the real request is made; `real` takes them
 * over.
 */
class LazyRequest {
  readonly #parts: RequestParts;
  #headers: Headers | undefined;
  #real: Request | undefined;
  #url: string | undefined;

  constructor(parts: RequestParts) {
    this.#parts = parts;
  }

  get method(): string {
    return this.#parts.method;
  }

  get url(): string {
    return (this.#url ??= this.#parts.address());
  }

  get headers(): Headers {
    return (this.#headers ??= this.#real?.headers ?? headersOf(this.#parts.rawHeaders));
  }

  get signal(): AbortSignal {
    return this.#parts.signal;
  }

  /** The real request, with the headers as they are now. */
  static real(request: LazyRequest): Request {
    const headers = request.#headers;
    if (request.#real === undefined) {
      const { method, signal, body, rawHeaders } = request.#parts;
      const init = { method, signal, headers: headers ?? headersOf(rawHeaders) };
      request.#real = new Request(request.url, body === undefined ? init : { ...init, body });
    } else if (headers !== undefined && headers !== request.#real.headers) {
      replace(request.#real.headers, headers);
    }
    return request.#real;
  }
}

/** The headers of names and values in turn. */
export function headersOf(pairs: readonly string[]): Headers {
  const headers = new Headers();
  for (let at = 0; at < pairs.length; at += 2) headers.append(pairs[at]!, pairs[at + 1]!);
  return headers;
}

/** Copies the stand-in's headers, which a handler may have changed, into those of the real request. */
function replace(headers: Headers, by: Headers): void {
  for (const name of [...headers.keys()]) headers.delete(name);
  for (const [name, value] of by) headers.append(name, value);
}

/** The address of requests that are made only to look at their class. */
const SAMPLE = "http://localhost/";

/** Gives the stand-in whatever else a request has: by its class, and on itself, where the runtime keeps a request's state. */
function complete(): void {
  const { prototype } = LazyRequest;
  const ofClass = Object.entries(Object.getOwnPropertyDescriptors(Request.prototype));
  const ofItself = Object.getOwnPropertySymbols(new Request(SAMPLE));
  for (const [name, { value }] of ofClass) {
    if (Object.hasOwn(prototype, name)) continue;
    if (typeof value === "function") defineMethod(prototype, name, value as () => unknown);
    else defineValue(prototype, name);
  }
  for (const symbol of ofItself) defineValue(prototype, symbol);
  Object.setPrototypeOf(prototype, Request.prototype);
}

/** Gives the stand-in a method that runs on the real request, such as `json()`. */
function defineMethod(prototype: LazyRequest, name: string, method: () => unknown): void {
  const value = function (this: LazyRequest, ...given: unknown[]): unknown {
    return Reflect.apply(method, LazyRequest.real(this), given);
  };
  Object.defineProperty(prototype, name, { value, configurable: true, writable: true });
}

/** Gives the stand-in a property that is read from the real request, such as `bodyUsed`. */
function defineValue(prototype: LazyRequest, key: string | symbol): void {
  const get = function (this: LazyRequest): unknown {
    return Reflect.get(LazyRequest.real(this), key) as unknown;
  };
  Object.defineProperty(prototype, key, { get, configurable: true });
}

/** Whether this runtime takes a stand-in wherever it takes a request. */
function isTaken(): boolean {
  try {
    const { signal } = new AbortController();
    const rawHeaders = ["x-a", "b"];
    const parts = { method: "POST", signal, rawHeaders, body: Buffer.from("c"), address: () => SAMPLE };
    const stand = new LazyRequest(parts) as unknown as Request;
    stand.headers.set("x-d", "e");
    const copy = new Request(stand.clone(), { method: "PUT" });
    const again = new Request(stand);
    const has = [copy.method, copy.headers.get("x-a"), again.headers.get("x-d"), again.url].join(" ");
    return stand instanceof Request && stand.bodyUsed && has === `PUT b e ${SAMPLE}`;
  } catch {
    return false;
  }
}

let mayStandIn: boolean | undefined;

/**
 * Looks once whether this runtime takes stand-ins. Node loads its fetch for it, some 10 ms, which only apps with a handler in fetch
 * style pay.
 */
export function prepareRequests(): boolean {
  if (mayStandIn === undefined) {
    complete();
    mayStandIn = isTaken();
  }
  return mayStandIn;
}

/** Makes a request, now or when it is needed. */
export function requestOf(parts: RequestParts): Request {
  const request = new LazyRequest(parts);
  return prepareRequests() ? (request as unknown as Request) : LazyRequest.real(request);
}
