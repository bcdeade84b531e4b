import { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Piece, Port } from "@twinloop/core-native/internal";
import { BodyError, type BodyEnd } from "./body-error.ts";
import type { RawSocket } from "./raw-socket.ts";

/**
 * The head of a raw request, as Rust writes it: `[method, target, version, remote, protocol, headers, body]`.
 *
 * Shape:  headers are names and values in turn, bytes beyond ASCII as characters of Latin-1, as with Node. `body` is 0 for
 *         none, 1 for pieces, or the whole text of a small one (about 16 KiB) that is ASCII and has come with the head.
 */
export type RawHead = readonly [
  method: string,
  target: string,
  version: string,
  remote: string,
  protocol: string,
  headers: string[],
  body: 0 | 1 | string,
];

/** A request as the handler of a raw endpoint is given it: Node's own, so that every framework takes it. */
export type RawRequest = IncomingMessage;
/** The class of raw requests: Node's `IncomingMessage`, under the name that Encore has for it. */
export const RawRequest: typeof IncomingMessage = IncomingMessage;

/** How many pieces of a body may be on their way, each at most 64 KiB. */
const WINDOW = 4;

/** The parts of Node's `IncomingMessage` that are not in its types. */
interface Internals {
  _addHeaderLines(headers: string[], count: number): void;
  _read(): void;
  _destroy(error: Error | null, done: (error?: Error | null) => void): void;
  _consumed: boolean;
  _readableState: { readingMore: boolean };
}

/** Makes Node's request of a head. The body is read from `source` when somebody reads it. */
export function makeRequest(head: RawHead, socket: RawSocket, source: BodySource): RawRequest {
  const request = new IncomingMessage(socket as unknown as Socket);
  const [method, target, version, , , headers, body] = head;
  const internals = request as unknown as Internals;
  request.method = method;
  request.url = target;
  request.httpVersion = version;
  request.httpVersionMajor = version.charCodeAt(0) - 48;
  request.httpVersionMinor = version.charCodeAt(2) - 48;
  internals._addHeaderLines(headers, headers.length);
  // Node fills these by its parser, which no request of ours has seen.
  internals._readableState.readingMore = false;
  internals._consumed = true;
  if (body === 0) request.complete = true;
  // On the request itself and not on a class: Express gives its requests another prototype.
  internals._read = source.read;
  internals._destroy = destroy;
  source.request = request;
  return request;
}

/** Ends a request's stream; the connection stays, because its answer may still be sent. */
function destroy(this: RawRequest, error: Error | null, done: (error?: Error | null) => void): void {
  if ((!this.readableEnded || !this.complete) && !this.aborted) {
    this.aborted = true;
    this.emit("aborted");
  }
  // Node reports the error only to those who listen, since most code does not.
  const reported = error !== null && this.listenerCount("error") === 0 ? null : error;
  process.nextTick(done, reported);
}

/**
 * The body of one raw request: nothing, a text that came with the head, or pieces that are pulled as they are read.
 *
 * Units:  at most 4 pieces of 64 KiB are on their way; more are asked for when 2 or fewer are left. A reader that stops stops
 *         its client too.
 */
export class BodySource {
  request: RawRequest | undefined;
  readonly #body: 0 | 1 | string;
  readonly #port: Port;
  readonly #id: number;
  #begun = false;
  #open = 0;
  #touch: () => void;

  constructor(port: Port, id: number, body: 0 | 1 | string, touch: () => void) {
    this.#port = port;
    this.#id = id;
    this.#body = body;
    this.#touch = touch;
  }

  /** Whether the body comes in pieces. */
  get isStreamed(): boolean {
    return this.#body === 1;
  }

  /** Asks the client for the body before anybody reads it, which sends 100 Continue where it waits for that. */
  invite(): void {
    if (this.isStreamed && !this.#begun) this.#pull();
  }

  /** Node's `_read`: gives what is there, or asks for more. */
  readonly read = (): void => {
    const { request } = this;
    if (request === undefined) return;
    if (this.isStreamed) return this.#pull();
    request.complete = true;
    if (typeof this.#body === "string") request.push(Buffer.from(this.#body, "latin1"));
    request.push(null);
  };

  /** Takes a piece that has arrived: bytes of the body, or a text with its trailers, as names and values in turn. */
  piece(piece: Piece): void {
    this.#open--;
    this.#touch();
    const { request } = this;
    if (request === undefined || request.destroyed) return;
    if (typeof piece === "string") return trailers(request, JSON.parse(piece) as string[]);
    if (request.push(piece) && this.#open <= WINDOW / 2) this.#pull();
  }

  /** Ends the request's stream: the body is complete. */
  end(): void {
    const { request } = this;
    if (!this.isStreamed || request === undefined || request.destroyed) return;
    request.complete = true;
    request.push(null);
  }

  /** Ends the request by an error; returns it where nobody listens to hear of it. */
  broken(reason: BodyEnd): BodyError | undefined {
    const { request } = this;
    if (request === undefined || request.destroyed) return undefined;
    const error = new BodyError(reason);
    const isHeard = request.listenerCount("error") > 0;
    request.destroy(error);
    return isHeard ? undefined : error;
  }

  /** Asks Rust for as many pieces as fit the window. */
  #pull(): void {
    this.#begun = true;
    if (this.#open >= WINDOW) return;
    this.#port.outbox.pull(this.#id, WINDOW - this.#open);
    this.#open = WINDOW;
  }
}

/** Adds trailers to the request, which come after the last piece. */
function trailers(request: RawRequest, pairs: string[]): void {
  // Node adds to the trailers what comes after the body is complete.
  request.complete = true;
  (request as unknown as Internals)._addHeaderLines(pairs, pairs.length);
}
