/**
 * One raw request and its answer, as Node's classes have them, over the streams of the crossing.
 *
 * An exchange ends in one of four ways: `over` (the answer is whole), `withdraw` (a failure is sent in its place), `cut` (the
 * handler has destroyed the socket), or the client has left. Each of them closes the flow, so that late pieces of the body
 * are dropped, and ends the work; a body that nobody has read is dropped too, as Node's server does.
 */
import { Work, type MiddlewareParts, type Port } from "@twinloop/core-native/internal";
import { Context } from "../context.ts";
import { BodyError, type BodyEnd } from "./body-error.ts";
import { BodySource, makeRequest, type RawHead, type RawRequest } from "./raw-request.ts";
import { makeResponse, type AnswerOwner, type AnswerSink, type RawResponse } from "./raw-response.ts";
import { RawSocket, type SocketOwner } from "./raw-socket.ts";

/** The context of a raw request, which `currentRequest()` returns within its handler. */
export class RawContext extends Context {
  #leave: (() => void) | undefined;
  #exchange: RawExchange | undefined;
  #fail: ((error: unknown) => void) | undefined;

  /** Sets what happens when the client leaves or the time limit passes. */
  static onLeave(context: RawContext, leave: () => void): void {
    context.#leave = leave;
  }

  /** Sets what is done about a failure that no code of the handler hears of. */
  static onFailure(context: RawContext, fail: (error: unknown) => void): void {
    context.#fail = fail;
  }

  /** Reports a failure that no code of the handler hears of. */
  static fail(context: RawContext, error: unknown): void {
    context.#fail?.(error);
  }

  /** Sends the head of an interim response. */
  static interim(context: RawContext, head: string): void {
    context.tell(head);
  }

  /** Begins the exchange, once the caller may have it; middleware then finds its request and response. */
  static begin(context: RawContext, port: Port, head: RawHead): RawExchange {
    return (context.#exchange = new RawExchange(port, context, head));
  }

  /** The exchange; `undefined` before the caller was let in. */
  static exchange(context: RawContext): RawExchange | undefined {
    return context.#exchange;
  }

  override get middlewareParts(): MiddlewareParts {
    return { rawRequest: this.#exchange?.request, rawResponse: this.#exchange?.response };
  }

  protected override aborted(): void {
    // Later, since what listens may throw, and the other items of the batch must not go down with it.
    if (this.#leave) process.nextTick(this.#leave);
  }
}

/** One raw request with its answer, from the head that Rust sent to the end of both. */
export class RawExchange implements AnswerOwner, SocketOwner {
  readonly port: Port;
  readonly id: number;
  readonly request: RawRequest;
  readonly response: RawResponse;
  /** Whether the handler has been called, and no middleware stands in for it. */
  isHandled = false;
  readonly #context: RawContext;
  readonly #socket: RawSocket;
  readonly #source: BodySource;
  readonly #sink: AnswerSink;

  constructor(port: Port, context: RawContext, head: RawHead) {
    this.port = port;
    this.id = Work.id(context);
    this.#context = context;
    const [, , , remote, protocol, , body] = head;
    this.#socket = new RawSocket(this, remote, protocol);
    this.#source = new BodySource(port, this.id, body, () => this.touch());
    this.request = makeRequest(head, this.#socket, this.#source);
    const { response, sink } = makeResponse(this.request, this.#socket, this);
    this.response = response;
    this.#sink = sink;
    const source = this.#source;
    const within = (run: () => void): void => Work.inside(context, run);
    RawContext.onLeave(context, () => within(() => this.#leave()));
    port.flows.open(this.id, {
      credit: (count) => within(() => sink.credit(count)),
      piece: (piece) => within(() => source.piece(piece)),
      end: () => within(() => source.end()),
      broken: (reason) => within(() => this.#broken(reason as BodyEnd)),
    });
  }

  /** The protocol of the client's request, `http` or `https`. */
  get protocol(): string {
    return this.#socket.encrypted ? "https" : "http";
  }

  /** Whether the head of the answer has left, so that a failure can only break the answer off. */
  get hasBegun(): boolean {
    return this.#sink.hasBegun;
  }

  /** Whether nothing can be sent any more. */
  get isOver(): boolean {
    return this.#sink.isOver;
  }

  /** Withdraws the answer, because a failure is sent in its place. Only an answer that has not begun can be. */
  withdraw(): void {
    this.#sink.withdraw();
  }

  /** Sends an interim response, such as 103 Early Hints; none after the head of the answer. */
  interim(head: string): void {
    if (!this.#sink.hasBegun) RawContext.interim(this.#context, head);
  }

  /** Lets a client that waits for 100 Continue send its body. */
  invite(): void {
    this.#source.invite();
  }

  touch(): void {
    this.#socket.touch();
  }

  /** Ends the exchange after its answer: no item of it is awaited any more. */
  over(): void {
    this.port.flows.close(this.id);
    this.#socket.done();
    Work.end(this.#context);
    // As Node does: a body that nobody has read is dropped, so that the request ends.
    if (!this.request.readableEnded) process.nextTick(dump, this.request);
  }

  /** Tells response and unfinished request of the socket's timeout; true where one of them has a listener, who then answers. */
  timedOut(): boolean {
    const byRequest = !this.request.complete && this.request.emit("timeout", this.#socket);
    return this.response.emit("timeout", this.#socket) || byRequest;
  }

  /** Closes the connection for a handler that has destroyed the socket, and errors the request's stream with `ECONNRESET`. */
  cut(): void {
    this.#sink.abandon(true);
    this.#loseRequest();
  }

  /** Gives the exchange up, because the client has left or the time limit has passed. */
  #leave(): void {
    this.#sink.abandon(false);
    this.#socket.closed();
    this.#loseRequest();
  }

  #loseRequest(): void {
    if (this.request.destroyed) return;
    this.request.destroy(new BodyError(""));
  }

  /** Without a listener, nobody would answer a request whose body will never end. */
  #broken(reason: BodyEnd): void {
    const unheard = this.#source.broken(reason);
    if (unheard !== undefined) RawContext.fail(this.#context, unheard);
  }
}

/** Reads an unread body to its end for those who wait for `end` or `close`; one that has not come whole is left to Rust. */
function dump(request: RawRequest): void {
  if (request.destroyed) return;
  const isHeard = request.listenerCount("end") > 0 || request.listenerCount("close") > 0;
  if (isHeard && request.complete) request.resume();
}
