import { EventEmitter } from "node:events";

/** What a socket of a raw request may ask of the exchange that it stands for. */
export interface SocketOwner {
  /** Closes the connection; an answer that has begun is broken off. */
  cut(): void;
  /** Tells the request and its answer that the socket has been idle for its timeout; true where somebody listens. */
  timedOut(): boolean;
}

/**
 * What `req.socket` and `res.socket` are: the client's address, and the means to close the connection. The real socket is in
 * Rust, so nothing can be read from or written to this one.
 *
 * Shape:  has what frameworks ask of a socket: `remoteAddress`, `encrypted`, `setTimeout()`, `destroy()`, and the events
 *         `timeout`, `close` and `error`. `cork()`, `setNoDelay()` and their like do nothing.
 */
export class RawSocket extends EventEmitter {
  /** The client's address, or that which a trusted proxy tells; `undefined` for a client of the unix socket. */
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly remoteFamily: "IPv4" | "IPv6" | undefined;
  /** Whether the client speaks TLS, to this process or to a trusted proxy. */
  readonly encrypted: boolean;
  destroyed = false;
  readable = true;
  writable = true;
  timeout = 0;
  readonly connecting = false;
  readonly readyState = "open";
  readonly bytesRead = 0;
  readonly bytesWritten = 0;
  // What Node's ServerResponse reads of its socket: corked for ever, so that it never corks and uncorks it.
  readonly writableCorked = 1;
  readonly writableLength = 0;
  readonly writableHighWaterMark = 65_536;
  readonly readableHighWaterMark = 65_536;
  readonly _writableState: { corked: number } = { corked: 1 };
  readonly #owner: SocketOwner;
  #timer: NodeJS.Timeout | undefined;

  constructor(owner: SocketOwner, remote: string, protocol: string) {
    super();
    this.#owner = owner;
    this.encrypted = protocol === "https";
    if (remote === "unix") return;
    const parsed = parseRemote(remote);
    this.remoteAddress = parsed.address;
    this.remotePort = parsed.port;
    this.remoteFamily = parsed.address.includes(":") ? "IPv6" : "IPv4";
  }

  cork(): void {}

  uncork(): void {}

  pause(): this {
    return this;
  }

  resume(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  address(): Record<string, never> {
    return {};
  }

  /** Emits `timeout` after this many milliseconds; without a listener on response or unfinished request the socket is destroyed. */
  setTimeout(ms: number, listener?: () => void): this {
    this.timeout = ms;
    clearTimeout(this.#timer);
    this.#timer = ms > 0 ? setTimeout(() => this.#expire(), ms).unref() : undefined;
    if (listener) {
      if (ms > 0) this.once("timeout", listener);
      else this.removeListener("timeout", listener);
    }
    return this;
  }

  /** Restarts the timeout: something has moved. */
  touch(): void {
    this.#timer?.refresh();
  }

  /** Closes the connection. The answer, if one has begun, is broken off, so that the client knows that it is incomplete. */
  destroy(error?: Error): this {
    if (this.destroyed) return this;
    this.#owner.cut();
    this.closed(error);
    return this;
  }

  /** Closes the connection at once: nothing written is left here, so there is nothing to wait for. */
  destroySoon(): void {
    this.destroy();
  }

  end(): this {
    return this.destroy();
  }

  /** Notes that the connection is gone, and tells the listeners. */
  closed(error?: Error): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.readable = false;
    this.writable = false;
    this.done();
    if (error && this.listenerCount("error") > 0) this.emit("error", error);
    this.emit("close", error !== undefined);
  }

  /** Ends the timeout, because the exchange is over. */
  done(): void {
    clearTimeout(this.#timer);
  }

  /** As in Node's server, a listener on request or response may still answer; one on the socket hears that it is destroyed. */
  #expire(): void {
    if (!this.#owner.timedOut()) this.destroy();
    this.emit("timeout");
  }
}

/** Splits `ip:port`, `[ip]:port` and a bare `ip`. */
function parseRemote(remote: string): { address: string; port: number | undefined } {
  const bracket = remote.startsWith("[") ? remote.indexOf("]") : -1;
  if (bracket > 0) return { address: remote.slice(1, bracket), port: Number(remote.slice(bracket + 2)) };
  const colon = remote.indexOf(":");
  if (colon < 0 || remote.indexOf(":", colon + 1) >= 0) return { address: remote, port: undefined };
  return { address: remote.slice(0, colon), port: Number(remote.slice(colon + 1)) };
}
