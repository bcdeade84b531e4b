/**
 * A WebSocket as its handler sees it: messages as values, over the pieces and credits of the crossing.
 *
 * A stream is `new` (nothing has been answered; a failure is an HTTP answer), `begun` (Rust has been told to upgrade, by the
 * first use or after 250 ms), and `ended`, by either side. In between it can be at `fault`: the client has made a mistake
 * that closes the stream, and the handler may still answer what came before; the fault ends the stream when the handler asks
 * for more, waits already, or has taken 500 ms.
 *
 * Receiving is pulled: Rust reads from the socket only what was asked for. Sending is counted: a `SendWindow` makes `send`
 * wait, and a client that reads nothing while the handler does not wait is closed with 1008.
 */
import { Buffer } from "node:buffer";
import { log, APIError } from "@twinloop/core-native";
import { revive, type Flow, type Piece, type Port } from "@twinloop/core-native/internal";
import { SendWindow } from "./send-window.ts";
import type { StreamEnd, StreamIn, StreamOut } from "./streams.ts";

/** How many messages may be on their way to a handler, or wait for it. */
const RECEIVE_WINDOW = 16;

/** How much may wait for a client that does not read, where the handler does not wait for it. */
const MAX_UNSENT = 16 << 20;

/** How long a handler may take to answer what came before a fault of the client; `FAULT_PATIENCE` in `timing.rs`. */
const FAULT_PATIENCE_MS = 500;

/** The most bytes of a close's reason (RFC 6455, 5.5). */
export const MAX_REASON_BYTES = 123;

/** The status by which Rust is told to upgrade the connection. */
const SWITCHING_PROTOCOLS = 101;

/** The form of a stream's messages on both sides of the crossing. */
export interface MessageForm {
  /** Whether messages are texts and bytes as they are, and no JSON. */
  readonly isRaw: boolean;
  /** Serializes a message that the app sends: checked and stripped by its type. */
  readonly serialize: (message: unknown) => string;
}

/** An end as Rust tells it. With `mayAnswer` the client has made a fault, and messages before it may still be answered. */
interface ToldEnd extends StreamEnd {
  readonly mayAnswer?: true;
}

interface Receiver {
  readonly resolve: (message: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One WebSocket as its handler sees it. The connection is upgraded when the stream is first used.
 *
 * Nothing is read from the socket before the first message is received, and at most 16 messages beyond what was received.
 */
export class MessageStream implements StreamIn<unknown>, StreamOut<unknown>, Flow {
  readonly #port: Port;
  readonly #id: number;
  readonly #form: MessageForm;
  readonly #window = new SendWindow();
  readonly #arrived: { readonly piece: Piece; readonly tagged: boolean }[] = [];
  #receivers: Receiver[] = [];
  /** The messages that were asked for and not received yet, arrived or not. */
  #asked = 0;
  #end: StreamEnd | undefined;
  /** The end that follows once the handler asks for more than has arrived, and the timer that does not wait for that. */
  #fault: { readonly end: StreamEnd; readonly late: NodeJS.Timeout } | undefined;
  #closed: Promise<StreamEnd> | undefined;
  #resolveClosed: ((end: StreamEnd) => void) | undefined;
  readonly #onEnd: () => void;
  #hasBegun = false;

  /** `onEnd` is called once, when the stream ends. */
  constructor(port: Port, id: number, form: MessageForm, onEnd: () => void) {
    this.#port = port;
    this.#id = id;
    this.#form = form;
    this.#onEnd = onEnd;
  }

  /** Whether the connection was upgraded, so that no HTTP answer can be given any more. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Whether the stream has ended, so that nothing can be sent. */
  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Upgrades the connection. */
  begin(): void {
    if (this.#hasBegun || this.#end) return;
    this.#hasBegun = true;
    this.#port.flows.open(this.#id, this);
    this.#port.outbox.begin(this.#id, SWITCHING_PROTOCOLS);
  }

  /** Receives the next message, in the order of the calls. What has arrived before the end is still received after it. */
  readonly recv = (): Promise<unknown> => {
    const next = this.#arrived.shift();
    if (next !== undefined) {
      this.#asked--;
      this.#ask();
      return this.#read(next.piece, next.tagged);
    }
    this.#concludeFault();
    if (this.#end) return Promise.reject(ended(this.#end));
    this.begin();
    this.#ask(true);
    return new Promise((resolve, reject) => this.#receivers.push({ resolve, reject }));
  };

  /**
   * Sends a message and resolves when another may follow. A message that does not fit is logged here, since senders need not
   * await it.
   */
  readonly send = (message: unknown): Promise<void> => {
    if (this.#end) return quiet(Promise.reject(ended(this.#end)));
    try {
      this.begin();
      const size = this.#put(message);
      if (this.#window.size > MAX_UNSENT) {
        this.#give(1008, "the client reads too slowly");
        return quiet(Promise.reject(ended(this.#end!)));
      }
      return this.#window.add(size);
    } catch (error) {
      log.error(error, "failed to send a message on a stream");
      return quiet(Promise.reject(error));
    }
  };

  /** Closes the stream after what was sent. Errors: `RangeError` for a code or a reason that a close frame cannot have. */
  async close(code = 1000, reason = ""): Promise<void> {
    if (!isSendable(code)) throw new RangeError(`a stream cannot be closed with the code ${code}`);
    if (Buffer.byteLength(reason) > MAX_REASON_BYTES)
      throw new RangeError(`the reason of a close must have at most ${MAX_REASON_BYTES} bytes`);
    this.#give(code, reason);
  }

  /** Resolves with the end of the stream; asking for it counts as use, and upgrades the connection. */
  get closed(): Promise<StreamEnd> {
    this.begin();
    return (this.#closed ??= this.#end
      ? Promise.resolve(this.#end)
      : new Promise((resolve) => (this.#resolveClosed = resolve)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#give(1000, "");
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown, undefined> {
    return {
      next: async () => {
        if (this.#arrived.length === 0) this.#concludeFault();
        if (this.#arrived.length === 0 && this.#end) return { done: true, value: undefined };
        try {
          return { done: false, value: await this.recv() };
        } catch (error) {
          if (this.#end) return { done: true, value: undefined };
          throw error;
        }
      },
    };
  }

  /** Tells Rust and the handler that the stream is over. */
  finish(code: number, reason: string): void {
    this.begin();
    this.#give(code, reason);
    this.#port.outbox.end(this.#id, true);
    this.#port.flows.close(this.#id);
  }

  /** Sends the last message of a stream whose handler has returned one. */
  respond(text: string): void {
    this.begin();
    if (!this.#end) this.#port.outbox.piece(this.#id, text);
  }

  /** Notes that the socket has taken `count` messages. */
  credit(count: number): void {
    this.#window.left(count);
  }

  /** Gives an arrived message to whoever waits, or keeps it. */
  piece(piece: Piece, tagged: boolean): void {
    const receiver = this.#receivers.shift();
    if (receiver === undefined) {
      this.#arrived.push({ piece, tagged });
      return;
    }
    this.#asked--;
    this.#read(piece, tagged).then(receiver.resolve, receiver.reject);
  }

  /** Ends the stream from the client's side: the end that Rust tells, or 1006 where the connection was lost. */
  broken(reason: string): void {
    const told: ToldEnd = reason === "" ? { code: 1006, reason: "" } : (JSON.parse(reason) as ToldEnd);
    const end = { code: told.code, reason: told.reason };
    if (!told.mayAnswer || this.#end) return this.lost(end);
    const late = setTimeout(() => this.#concludeFault(), FAULT_PATIENCE_MS);
    this.#fault = { end, late };
    // A handler that waits for the next message has answered all.
    if (this.#receivers.length > 0) this.#concludeFault();
  }

  /** Ends the stream from the other side. */
  lost(end: StreamEnd): void {
    if (this.#end) return;
    this.#end = end;
    clearTimeout(this.#fault?.late);
    this.#window.open();
    this.#resolveClosed?.(end);
    const receivers = this.#receivers;
    this.#receivers = [];
    for (const { reject } of receivers) reject(ended(end));
    this.#onEnd();
  }

  /** Tells Rust that nothing answers what came before a fault any more. */
  #concludeFault(): void {
    if (this.#fault) this.#give(1000, "");
  }

  /** Ends the stream from the app's side, once: Rust is told the code and the reason, and the handler's side ends. */
  #give(code: number, reason: string): void {
    if (this.#end) return;
    this.begin();
    // What the client did wrong is what it is told, however the handler ends.
    const end = this.#fault?.end ?? { code, reason };
    this.#port.outbox.control(this.#id, JSON.stringify(end));
    this.lost(end);
  }

  /**
   * Hands a message to Rust and returns its size: bytes, or the code units of its text. Errors: what the serializer says of a
   * message that does not fit.
   */
  #put(message: unknown): number {
    const { outbox } = this.#port;
    if (this.#form.isRaw && message instanceof Uint8Array) {
      outbox.pieceBlob(this.#id, message);
      return message.byteLength;
    }
    const text = this.#form.serialize(message);
    outbox.piece(this.#id, text);
    return text.length;
  }

  /** Makes the value of an arrived message, which Rust has checked. */
  async #read(piece: Piece, tagged: boolean): Promise<unknown> {
    if (typeof piece !== "string" || this.#form.isRaw) return piece;
    const message: unknown = JSON.parse(piece);
    return tagged ? revive(message) : message;
  }

  /**
   * Asks for more once half of the window is free, so that one request stands for several messages; at once where the handler
   * waits, because Rust may hold large messages back until the ones before them are received.
   */
  #ask(isWaiting = false): void {
    const free = RECEIVE_WINDOW - this.#asked;
    if (this.#end || this.#fault || free < (isWaiting ? 1 : RECEIVE_WINDOW / 2)) return;
    this.#port.outbox.pull(this.#id, RECEIVE_WINDOW - this.#asked);
    this.#asked = RECEIVE_WINDOW;
  }
}

/** The error of a stream that has ended. */
function ended({ code, reason }: StreamEnd): APIError {
  return APIError.canceled(`the stream has ended (${code}${reason === "" ? "" : `: ${reason}`})`);
}

/** Keeps a rejection that nobody handles from ending the process: senders may go without an answer. */
function quiet(promise: Promise<never>): Promise<never> {
  promise.catch(() => undefined);
  return promise;
}

/**
 * Whether a close frame may have a code: 1004 to 1006 and 1015 are reserved, 1016 to 2999 are unassigned (RFC 6455, section
 * 7.4).
 */
function isSendable(code: number): boolean {
  const isRegistered = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
  return Number.isInteger(code) && (isRegistered || (code >= 3000 && code <= 4999));
}
