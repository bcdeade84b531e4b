/**
 * The output of Node's `ServerResponse`, sent to Rust in place of a socket.
 *
 * Five functions of a response are replaced, on the object itself: `_storeHeader` (the head as Node has assembled it),
 * `_send` (pieces of the body), `_writeRaw` (interim responses), `addTrailers` and `end`. An answer is `waiting` (gathered
 * within a turn), `begun` (its head has crossed), and `over`. One that ends before it has begun crosses whole, in one entry;
 * otherwise pieces follow its head, and each that the socket has taken comes back as a credit.
 *
 * Source: Node.js, `lib/_http_outgoing.js` and `lib/_http_server.js`, whose order of events (`finish`, `close`, errors of
 *         late writes) is kept.
 */
import { ServerResponse, STATUS_CODES, validateHeaderName, validateHeaderValue } from "node:http";
import type { Socket } from "node:net";
import type { Port } from "@twinloop/core-native/internal";
import type { RawRequest } from "./raw-request.ts";
import type { RawSocket } from "./raw-socket.ts";

/** A response as the handler of a raw endpoint is given it: Node's own, whose output goes to Rust. */
export type RawResponse = ServerResponse;
/** The class of raw responses: Node's `ServerResponse`, under the name that Encore has for it. */
export const RawResponse: typeof ServerResponse = ServerResponse;

type Chunk = string | Uint8Array;
type Done = (error?: Error | null) => void;

/** The parts of Node's `ServerResponse` that are not in its types. */
interface Internals {
  _header: string | null;
  _headerSent: boolean;
  _hasBody: boolean;
  _contentLength: number | null;
  _removedConnection: boolean;
  _closed: boolean;
  finished: boolean;
  destroyed: boolean;
  _send(data: Chunk, encoding?: BufferEncoding | Done | null, done?: Done): boolean;
  _storeHeader(first: string, headers: unknown): void;
  _writeRaw(data: Chunk, encoding?: BufferEncoding | Done, done?: Done): boolean;
  _implicitHeader(): void;
}

/** Bytes of an answer that may be on their way before `write()` asks its caller to wait. */
const HIGH_WATER_BYTES = 64 << 10;

const symbols = Object.getOwnPropertySymbols(new ServerResponse({ method: "GET" } as never));
/** Finds a symbol of Node's responses by its description; `undefined` where this version of Node has none of that name. */
const symbolOf = (name: string): symbol | undefined =>
  symbols.find(({ description }) => description === name);
/** Where Node keeps the headers that were set one by one, `{ lower: [name, value] }`. */
const SET_HEADERS = symbolOf("kOutHeaders")!;
/** Where Node notes that a writer waits for `drain`. */
const NEEDS_DRAIN = symbolOf("kNeedDrain");

/** What an answer asks of the exchange that it belongs to. */
export interface AnswerOwner {
  readonly port: Port;
  readonly id: number;
  /** Sends the head of an interim response. */
  interim(head: string): void;
  /** The client waits for 100 Continue, and may have it. */
  invite(): void;
  /** The answer is complete, or can no longer become so. */
  over(): void;
  touch(): void;
}

/**
 * The output of one response: gathers what is written within a turn, and hands it to Rust. An answer that ends in the turn
 * in which it began is handed over in one piece; any other is begun, and its pieces follow as the client takes them.
 */
export class AnswerSink {
  readonly #owner: AnswerOwner;
  readonly #response: RawResponse & Internals;
  readonly #waiting: Chunk[] = [];
  readonly #done: Done[] = [];
  /** The sizes of the pieces on their way, with what is to be called when each has left. */
  readonly #sent: { readonly bytes: number; readonly done: readonly Done[] }[] = [];
  readonly #headers: [string, string][] = [];
  readonly #trailers: [string, string][] = [];
  /** The size of what is not sent yet, or on its way; `#waitingBytes` of it is not sent. */
  #bytes = 0;
  #waitingBytes = 0;
  #isScheduled = false;
  #isEnding = false;
  #hasBegun = false;
  #isOver = false;
  #needsDrain = false;

  constructor(response: RawResponse, owner: AnswerOwner) {
    this.#owner = owner;
    this.#response = response as RawResponse & Internals;
  }

  /** Whether the head of the answer has been handed to Rust. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Whether nothing can be sent any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Takes the head that Node has assembled; `headers` is in one of the forms of `writeHead`. */
  readonly storeHeader = (first: string, headers: unknown): void => {
    const response = this.#response;
    const { statusCode, statusMessage } = response;
    if (headers !== null && headers === (response as unknown as Record<symbol, unknown>)[SET_HEADERS]) {
      for (const [name, value] of Object.values(headers as Record<string, [string, unknown]>))
        this.#add(name, value, false);
    } else this.#addGiven(headers);
    if (statusMessage !== STATUS_CODES[statusCode]) this.#headers.push([":reason", statusMessage]);
    // An older client is no reason: Node has this false for all of HTTP/1.0, whose connections the edge keeps where they may be kept.
    if (!response.shouldKeepAlive && response.req.httpVersion === "1.1")
      this.#headers.push(["connection", "close"]);
    response._header = first;
    response._headerSent = true;
  };

  /** Adds the headers of `writeHead`, in any of Node's three forms: an object, pairs, or names and values in turn. */
  #addGiven(headers: unknown): void {
    if (!Array.isArray(headers)) {
      for (const [name, value] of Object.entries(headers ?? {})) this.#add(name, value, true);
    } else if (Array.isArray(headers[0])) {
      for (const [name, value] of headers as [string, unknown][]) this.#add(name, value, true);
    } else {
      for (let at = 0; at < headers.length; at += 2) this.#add(headers[at] as string, headers[at + 1], true);
    }
  }

  /** Adds a header, once for each of its values. `isUnchecked` values come from `writeHead`, which Node has not validated. */
  #add(name: string, value: unknown, isUnchecked: boolean): void {
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (isUnchecked) {
        validateHeaderName(name);
        validateHeaderValue(name, one as string);
      }
      this.#headers.push([name, String(one)]);
    }
  }

  /** Node's `_send`: takes a chunk of the body; with an empty one, the head alone. False where the caller should wait. */
  readonly send = (data: Chunk, encoding?: BufferEncoding | Done | null, done?: Done): boolean => {
    const called = typeof encoding === "function" ? encoding : done;
    if (this.#isOver) {
      if (called) process.nextTick(called);
      return false;
    }
    if (data.length > 0) this.#take(typeof data === "string" ? textOf(data, encoding) : data);
    if (called) this.#done.push(called);
    if (!this.#isEnding) this.#schedule();
    const isFull = this.#bytes >= HIGH_WATER_BYTES;
    if (isFull) this.#needsDrain = true;
    return !isFull;
  };

  /** Counts and keeps a chunk until the end of the turn. */
  #take(chunk: Chunk): void {
    this.#waiting.push(chunk);
    this.#bytes += chunk.length;
    this.#waitingBytes += chunk.length;
  }

  /** Has what was written in this turn sent at its end. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    process.nextTick(this.#flush);
  }

  /** Sends what was written in a turn that did not end the answer, with its head where this is the first piece. */
  readonly #flush = (): void => {
    this.#isScheduled = false;
    // A response without a body waits for its end: Rust takes no pieces of it.
    if (this.#isOver || this.#isEnding || !this.#response._hasBody) return;
    this.#begin();
    this.#sendWaiting();
  };

  /** Sends the head: from now on a failure can only break the answer off. */
  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    const { port, id } = this.#owner;
    port.outbox.begin(id, this.#response.statusCode, JSON.stringify(this.#headers));
  }

  /**
   * Sends what is waiting as one piece: as text where the crossing takes it, as bytes otherwise, since a line feed ends a
   * text.
   */
  #sendWaiting(): void {
    const { port, id } = this.#owner;
    const body = joined(this.#waiting.splice(0));
    const done = this.#done.splice(0);
    if (body.length === 0) {
      for (const one of done) process.nextTick(one);
      return;
    }
    if (typeof body === "string" && !body.includes("\n")) port.outbox.piece(id, body);
    else port.outbox.pieceBlob(id, typeof body === "string" ? Buffer.from(body) : body);
    this.#sent.push({ bytes: this.#waitingBytes, done });
    this.#waitingBytes = 0;
    this.#owner.touch();
  }

  /** Acts on pieces that have left: calls back their writers, and emits `drain` once there is room for another. */
  credit(count: number): void {
    this.#owner.touch();
    for (const { bytes, done } of this.#sent.splice(0, count)) {
      this.#bytes -= bytes;
      for (const one of done) one();
    }
    if (this.#needsDrain && this.#bytes < HIGH_WATER_BYTES && !this.#response.finished) {
      this.#needsDrain = false;
      if (NEEDS_DRAIN) (this.#response as unknown as Record<symbol, boolean>)[NEEDS_DRAIN] = false;
      this.#response.emit("drain");
    }
  }

  /** Adds trailers, which are sent with the end of an answer in pieces whose head announced them. */
  addTrailers(headers: unknown): void {
    const pairs = Array.isArray(headers)
      ? (headers as [string, unknown][])
      : Object.entries(headers as object);
    for (const [name, value] of pairs) {
      validateHeaderName(name);
      for (const one of Array.isArray(value) ? value : [value]) {
        validateHeaderValue(name, one as string);
        this.#trailers.push([name, String(one)]);
      }
    }
  }

  /** Runs Node's `end` and hands the answer over. Node calls `_send` meanwhile, whose chunk is not scheduled then. */
  end(run: () => void): void {
    const wasEnding = this.#isEnding;
    this.#isEnding = true;
    try {
      run();
    } finally {
      if (!this.#response.finished && !wasEnding) this.#isEnding = false;
    }
    if (wasEnding || this.#isOver || !this.#response.finished) return;
    this.#handOver();
    process.nextTick(this.#closeSoon);
  }

  /** Hands over a whole answer, or the rest of one that has begun, and ends the exchange. */
  #handOver(): void {
    const { port, id } = this.#owner;
    if (this.#hasBegun || this.#trailers.length > 0) {
      this.#begin();
      this.#sendWaiting();
      if (this.#trailers.length > 0) port.outbox.control(id, JSON.stringify(this.#trailers));
      port.outbox.end(id, true);
    } else {
      const { statusCode } = this.#response;
      const body = joined(this.#waiting);
      const headers = this.#headers.length === 0 ? "" : JSON.stringify(this.#headers);
      if (typeof body === "string" && !body.includes("\n")) {
        port.outbox.replyWithHeaders(id, statusCode, headers, body);
      } else {
        port.outbox.replyWithBytes(
          id,
          statusCode,
          headers,
          typeof body === "string" ? Buffer.from(body) : body,
        );
      }
      for (const one of this.#done.splice(0)) process.nextTick(one);
    }
    this.#isOver = true;
    for (const { done } of this.#sent.splice(0)) for (const one of done) process.nextTick(one);
    this.#owner.over();
  }

  /** Withdraws an answer that has not begun, because another one is sent in its place. */
  withdraw(): void {
    this.#isOver = true;
    this.#owner.over();
    process.nextTick(this.#closeSoon);
  }

  /**
   * Gives the answer up: the connection is closed, or the client has left. `isTold` says whether Rust is to be told, which it
   * need not be of what it has told itself.
   */
  abandon(isTold: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (isTold) {
      const { port, id } = this.#owner;
      // Without an answer, Rust closes the connection.
      if (!this.#hasBegun) port.outbox.begin(id, 0);
      port.outbox.end(id, false);
    }
    this.#owner.over();
    process.nextTick(this.#close);
  }

  /**
   * Closes a response a tick later: behind `finish`, and behind the error of a write after the end, both of which Node has
   * queued. That error is for those who listen, and without any it would end the process.
   */
  readonly #closeSoon = (): void => {
    const response = this.#response;
    if (response.listenerCount("error") === 0) response.destroyed = true;
    process.nextTick(this.#close);
  };

  readonly #close = (): void => {
    const response = this.#response;
    if (response._closed) return;
    response.destroyed = true;
    response._closed = true;
    response.emit("close");
  };
}

/** A string as it crosses: UTF-8 stays a string, any other encoding becomes bytes. */
function textOf(text: string, encoding: BufferEncoding | Done | null | undefined): Chunk {
  if (typeof encoding !== "string" || encoding === "utf8" || encoding === "utf-8") return text;
  return Buffer.from(text, encoding);
}

/** Joins chunks to one: a string where all are strings, else bytes. */
function joined(chunks: readonly Chunk[]): Chunk {
  if (chunks.length === 1) return chunks[0]!;
  if (chunks.every((chunk) => typeof chunk === "string")) return chunks.join("");
  return Buffer.concat(chunks.map((chunk) => (typeof chunk === "string" ? Buffer.from(chunk) : chunk)));
}

/**
 * Makes Node's response, whose output goes to a sink.
 *
 * Shape:  the request and socket of the exchange, and what is asked of it -> the response for the handler, and its sink for
 *         the exchange.
 */
export function makeResponse(
  request: RawRequest,
  socket: RawSocket,
  owner: AnswerOwner,
): { response: RawResponse; sink: AnswerSink } {
  const response = new ServerResponse(request);
  const sink = new AnswerSink(response, owner);
  const internals = response as RawResponse & Internals;
  // On the response itself and not on a class: Express gives its responses another prototype.
  internals._send = sink.send;
  internals._storeHeader = sink.storeHeader;
  internals._writeRaw = (data, encoding, done) => {
    const called = typeof encoding === "function" ? encoding : done;
    const head = String(data);
    if (head.startsWith("HTTP/1.1 100 ")) owner.invite();
    else owner.interim(head);
    if (called) process.nextTick(called);
    return true;
  };
  response.addTrailers = (headers) => sink.addTrailers(headers);
  const { end } = ServerResponse.prototype;
  response.end = function (this: RawResponse, ...given: unknown[]) {
    sink.end(() => void Reflect.apply(end, response, given));
    return response;
  } as RawResponse["end"];
  (response as unknown as { socket: Socket }).socket = socket as unknown as Socket;
  return { response, sink };
}
