import { ReadableStream } from "node:stream/web";
import { TwinloopError } from "@twinloop/core-native";
import { native } from "../native.ts";

/** A request as it goes to Rust. */
export interface MemoryRequest {
  readonly method: string;
  /** The path with the query, as it is sent. */
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array | undefined;
  /** Whether the request is taken to have come over TLS. */
  readonly isHttps: boolean;
  /** The endpoint to call, by its index; absent for a request from outside. */
  readonly call?: {
    readonly target: number;
    readonly auth: { readonly handler: number; readonly data: unknown } | null;
  };
}

/** The answer to a request in memory. */
export interface MemoryAnswer {
  readonly status: number;
  /** Names in lower case, each value for itself. */
  readonly headers: readonly (readonly [string, string])[];
  /** The whole body, or its pieces as they come. */
  readonly body: Buffer | AsyncGenerator<Buffer, void>;
}

/**
 * The head of an answer, as `exchange` gives it: `body` is the number of a blob, 0 for none; `isOpen` says that pieces
 * follow.
 */
interface Head {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: number;
  readonly isOpen: boolean;
}

const NOTHING = Buffer.alloc(0);

/** Sends requests over connections in memory, each over its own. */
export class MemoryClient {
  /** Of all clients of the isolate: the exchanges on the other side are numbered for as long as it lives. */
  static #sent = 0;
  /** The exchanges whose answers are still being read. */
  readonly #open = new Set<number>();

  /** The number of requests that were ever sent. */
  get sent(): number {
    return MemoryClient.#sent;
  }

  /**
   * Sends a request and resolves with its answer, of which a long body, or one without a known length, is still to be read.
   *
   * Errors: the signal's reason; `unavailable` where the app stops meanwhile; `invalid_argument` for what no request can have.
   */
  async send(request: MemoryRequest, signal: AbortSignal | undefined): Promise<MemoryAnswer> {
    signal?.throwIfAborted();
    const number = ++MemoryClient.#sent;
    const body = request.body?.byteLength ? native.putBlob(request.body) : 0;
    const cut = (): void => this.#cut(number);
    signal?.addEventListener("abort", cut, { once: true });
    let isOpen = false;
    try {
      const head = await native.call<Head>("exchange", { ...request, number, body });
      ({ isOpen } = head);
      if (!isOpen) return { ...head, body: head.body === 0 ? NOTHING : native.takeBlob(head.body) };
      this.#open.add(number);
      return { ...head, body: this.#pieces(number, signal, cut) };
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      if (!isOpen) signal?.removeEventListener("abort", cut);
    }
  }

  /** Ends all exchanges whose answers are still being read, as clients that leave. */
  leave(): void {
    for (const number of this.#open) this.#cut(number);
  }

  /** The pieces of a body, read as they are asked for. Leaving the loop before the end cuts the exchange off. */
  async *#pieces(
    number: number,
    signal: AbortSignal | undefined,
    cut: () => void,
  ): AsyncGenerator<Buffer, void> {
    try {
      for (;;) {
        const blob = await native.call<number>("readAnswer", number);
        signal?.throwIfAborted();
        if (blob === 0) return;
        yield native.takeBlob(blob);
      }
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener("abort", cut);
      if (this.#open.delete(number)) this.#cut(number);
    }
  }

  /** Ends an exchange as a client that leaves. What Rust says to it is of no use: the exchange may have ended by itself. */
  #cut(number: number): void {
    this.#open.delete(number);
    native.call("cutExchange", number).catch(() => undefined);
  }
}

/** The body of an answer as the stream of a `Response`. */
export function streamOf(pieces: AsyncGenerator<Buffer, void>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      try {
        const { done, value } = await pieces.next();
        if (!done) return controller.enqueue(value);
        controller.close();
        controller.byobRequest?.respond(0);
      } catch (error) {
        controller.error(
          error instanceof TwinloopError ? new TypeError("terminated", { cause: error }) : error,
        );
      }
    },
    async cancel() {
      await pieces.return();
    },
  });
}

/** The bytes of an answer. Errors: `unavailable` where it breaks off. */
export async function bytesOf({ body }: MemoryAnswer): Promise<Buffer> {
  if (Buffer.isBuffer(body)) return body;
  const pieces: Buffer[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces);
}
