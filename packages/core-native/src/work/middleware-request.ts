import type { IncomingMessage, ServerResponse } from "node:http";
import type { MiddlewareParts } from "./middleware-parts.ts";
import type { RequestData, RequestMeta, Work } from "./work.ts";

/** An operation as middleware sees it: one for all middlewares of one request, message or run. */
export class MiddlewareRequest {
  readonly #work: Work;
  readonly #input: unknown;
  /** How many middlewares have called `next`. */
  #depth = 0;
  #response: unknown;

  constructor(work: Work, input: unknown) {
    this.#work = work;
    this.#input = input;
  }

  /** The running operation, as `currentRequest()` returns it; `requestMeta.type` tells its kind. */
  get requestMeta(): RequestMeta {
    return this.#work as RequestMeta;
  }

  /** Values for later middlewares and the handler, which finds them as `currentRequest().data`. */
  get data(): RequestData {
    return this.#work.data;
  }

  /** The stream of a WebSocket endpoint; `undefined` for any other operation. */
  get stream(): MiddlewareParts["stream"] {
    return this.#work.middlewareParts.stream;
  }

  /** The request of a raw endpoint; `undefined` for any other operation. */
  get rawRequest(): IncomingMessage | undefined {
    return this.#work.middlewareParts.rawRequest;
  }

  /** The response of a raw endpoint, where its status and headers are set; `undefined` for any other operation. */
  get rawResponse(): ServerResponse | undefined {
    return this.#work.middlewareParts.rawResponse;
  }

  /** The operation of a request. */
  static workOf(request: MiddlewareRequest): Work {
    return request.#work;
  }

  /** The input of the operation's handler. */
  static inputOf(request: MiddlewareRequest): unknown {
    return request.#input;
  }

  /** Notes that the middleware at this depth, from 1, calls `next`; false for a second call. */
  static enter(request: MiddlewareRequest, depth: number): boolean {
    if (request.#depth !== depth - 1) return false;
    request.#depth = depth;
    return true;
  }

  /** Notes what `next` has given a middleware. */
  static give<T>(request: MiddlewareRequest, response: T): T {
    request.#response = response;
    return response;
  }

  /** Whether a response is what `next` has given last, and so one of a middleware or handler behind. */
  static isGiven(request: MiddlewareRequest, response: unknown): boolean {
    return response !== undefined && request.#response === response;
  }
}
