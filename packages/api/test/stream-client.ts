import { once } from "node:events";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { WebSocket } from "ws";

/** The HTTP answer in place of an upgrade. */
interface Refused {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A WebSocket client that keeps what it receives until it is asked for. */
export class StreamClient {
  readonly #socket: WebSocket;
  readonly #received: (string | Buffer)[] = [];
  readonly #closed: Promise<{ code: number; reason: string }>;
  readonly #refused: Promise<Refused>;
  readonly #opened: Promise<void>;
  #wake: () => void = () => undefined;
  #isClosed = false;

  constructor(
    url: string,
    options: {
      headers?: object | undefined;
      protocols?: string[] | undefined;
      deflate?: boolean | undefined;
      ca?: Buffer;
    } = {},
  ) {
    const { headers = {}, protocols = [], deflate = false, ...tls } = options;
    const socket = new WebSocket(url, protocols, {
      ...tls,
      headers: { ...headers },
      perMessageDeflate: deflate,
    });
    this.#socket = socket;
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      this.#received.push(isBinary ? data : data.toString());
      this.#wake();
    });
    this.#closed = new Promise((resolve) =>
      socket.on("close", (code, reason) => {
        this.#isClosed = true;
        this.#wake();
        resolve({ code, reason: reason.toString() });
      }),
    );
    this.#refused = new Promise((resolve) =>
      socket.on("unexpected-response", (_request, response: IncomingMessage) => {
        let body = "";
        response.on("data", (piece: Buffer) => (body += piece.toString()));
        response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, body }));
      }),
    );
    this.#opened = new Promise((resolve, reject) => {
      socket.on("open", () => resolve());
      socket.on("error", reject);
    });
    this.#opened.catch(() => undefined);
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  /** The name of the extension that was agreed to; empty without any. */
  get extensions(): string {
    return this.#socket.extensions.split(";", 1)[0]!;
  }

  opened(): Promise<void> {
    const refused = this.#refused.then(({ status, body }) => {
      throw new Error(`the connection was not upgraded: ${status} ${body}`);
    });
    return Promise.race([this.#opened, refused]);
  }

  refusal(): Promise<Refused> {
    return Promise.race([
      this.#refused,
      this.#opened.then(() => {
        throw new Error("the connection was upgraded");
      }),
    ]);
  }

  send(message: string | Buffer): void {
    this.#socket.send(message);
  }

  /** The next message; an error when the connection closes instead. */
  async receive(): Promise<string | Buffer> {
    while (this.#received.length === 0) {
      if (this.#isClosed) throw new Error(`the connection closed: ${JSON.stringify(await this.#closed)}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.#received.shift()!;
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  terminate(): void {
    this.#socket.terminate();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  closed(): Promise<{ code: number; reason: string }> {
    return this.#closed;
  }

  /** Ends the connection, however it is. */
  async end(): Promise<void> {
    if (this.#isClosed) return;
    this.#socket.close();
    await once(this.#socket, "close");
  }
}
