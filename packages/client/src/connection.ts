import { APIError } from "./api-error.ts";
import { writeJSON } from "./wire-text.ts";

/** How a connection has ended. */
export interface ConnectionEnd {
  /** The close code (RFC 6455, section 7.4). */
  readonly code: number;
  readonly reason: string;
}

/** What is used of a `WebSocket`, of whichever platform. */
export interface Socket {
  binaryType: string;
  readonly readyState: number;
  addEventListener(type: string, listener: (event: SocketEvent) => void): void;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}

/** What is used of the events of a socket. */
export interface SocketEvent {
  readonly data?: unknown;
  readonly code?: number;
  readonly reason?: string;
  readonly error?: unknown;
}

/** The codes of an end that is no failure: done, and without a code. The app's own are from 3000. */
const isGood = (code: number): boolean => code === 1000 || code === 1005 || code >= 3000;

const CODES: Readonly<Record<number, string>> = {
  1001: "unavailable",
  1003: "invalid_argument",
  1006: "network_error",
  1007: "invalid_argument",
  1008: "invalid_argument",
  1009: "out_of_range",
  1012: "unavailable",
  1013: "unavailable",
};

/**
 * An open WebSocket. `for await (const message of connection)` ends when the stream ends as it should: with 1000, or a code of the
 * app's own; with any other it throws an `APIError`, after the messages that came before.
 */
export class Connection<Sends = unknown, Receives = unknown> implements AsyncIterable<Receives> {
  /** Resolves when the connection has ended, whoever ended it; never rejects. */
  readonly closed: Promise<ConnectionEnd>;
  readonly #socket: Socket;
  readonly #route: string;
  readonly #isRaw: boolean;
  readonly #revived: (message: unknown) => unknown;
  readonly #received: unknown[] = [];
  #waiting: (() => void)[] = [];
  #end: ConnectionEnd | undefined;

  /** Takes over a socket that opens. */
  constructor(socket: Socket, route: string, isRaw: boolean, revived: (message: unknown) => unknown) {
    this.#revived = revived;
    this.#socket = socket;
    this.#route = route;
    this.#isRaw = isRaw;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => {
      this.#received.push(data);
      this.#wake();
    });
    this.closed = new Promise((resolve) => {
      socket.addEventListener("close", ({ code = 1006, reason = "" }) => {
        this.#end = { code, reason };
        resolve(this.#end);
        this.#wake();
      });
    });
  }

  /** Sends a message. Errors: an `APIError` (`canceled`) when the connection has ended. */
  send(message: Sends): void {
    if (this.#socket.readyState !== 1)
      throw new APIError("canceled", `${this.#route}: the connection has ended`);
    this.#socket.send(this.#isRaw ? (message as string) : writeJSON(message));
  }

  /** Receives the next message. Errors: an `APIError` when the connection has ended: `canceled` if as it should. */
  async recv(): Promise<Receives> {
    const next = await this.#next();
    if (next.done) throw new APIError("canceled", `${this.#route}: the connection has ended`);
    return next.value;
  }

  /** Closes the connection. Shape: 1000, or a code from 3000 to 4999, and a reason of at most 123 bytes. */
  async close(code = 1000, reason = ""): Promise<ConnectionEnd> {
    this.#socket.close(code, reason);
    return this.closed;
  }

  /** Gives the messages in their order, until the connection is closed; leaving the loop closes it. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Receives, void> {
    try {
      for (;;) {
        const next = await this.#next();
        if (next.done) return;
        yield next.value;
      }
    } finally {
      this.#socket.close();
    }
  }

  async #next(): Promise<{ done: false; value: Receives } | { done: true }> {
    while (this.#received.length === 0 && !this.#end)
      await new Promise<void>((wake) => this.#waiting.push(wake));
    if (this.#received.length > 0) return { done: false, value: this.#read(this.#received.shift()) };
    const { code, reason } = this.#end!;
    if (isGood(code)) return { done: true };
    throw endError(this.#route, code, reason);
  }

  #read(data: unknown): Receives {
    if (this.#isRaw)
      return (typeof data === "string" ? data : new Uint8Array(data as ArrayBuffer)) as Receives;
    let message: unknown;
    try {
      message = JSON.parse(data as string);
    } catch (cause) {
      throw new APIError("foreign_answer", `${this.#route}: a message is no JSON`, { cause });
    }
    return this.#revived(message) as Receives;
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** The error that a close stands for; the app writes code and message into the reason of 1011. */
function endError(route: string, code: number, reason: string): APIError {
  const [, own, message = ""] = /^([a-z_]+)(?:: (.*))?$/s.exec(code === 1011 ? reason : "") ?? [];
  const said = own === undefined ? reason : message;
  return new APIError(
    own ?? CODES[code] ?? "unknown",
    said || `${route}: the connection ended with ${code}`,
    {
      details: { closeCode: code },
    },
  );
}
