import { call, Operation } from "./native.ts";
import type { Place } from "./queryable.ts";

/** What `listen` may be told. */
export interface ListenOptions {
  /** Ends the subscription. */
  readonly signal?: AbortSignal;
  /** Called when notifications may have been missed: the connection was lost and is back, or the reader was too slow. */
  readonly onGap?: () => void;
}

/** One notification. */
export interface Notification {
  readonly channel: string;
  readonly payload: string;
  /** The server process that sent it. */
  readonly processId: number;
}

/**
 * Notifications of one channel, as they come. Ends with `close()`, the signal, or the loop that reads it.
 *
 * A lost connection is opened again by itself; what was sent meanwhile is lost, and `onGap` says so.
 */
export class Subscription implements AsyncIterableIterator<Notification>, AsyncDisposable {
  readonly channel: string;
  readonly #handle: number;
  readonly #onGap: (() => void) | undefined;
  #waiting: Notification[] = [];
  #closed: Promise<void> | undefined;

  private constructor(channel: string, handle: number, { signal, onGap }: ListenOptions) {
    this.channel = channel;
    this.#handle = handle;
    this.#onGap = onGap;
    signal?.addEventListener("abort", () => void this.close(), { once: true });
  }

  /** Resolves when the server listens: what is sent from then on is heard. */
  static async open(place: Place, channel: string, options: ListenOptions = {}): Promise<Subscription> {
    options.signal?.throwIfAborted();
    const pool = place.pool ?? (await place.open());
    const handle = Number(await call(Operation.listen, JSON.stringify([pool, channel])));
    return new Subscription(channel, handle, options);
  }

  async next(): Promise<IteratorResult<Notification, undefined>> {
    while (this.#waiting.length === 0) {
      if (this.#closed) return { done: true, value: undefined };
      const text = await call(Operation.notifications, String(this.#handle));
      if (text === "") return { done: true, value: undefined };
      for (const event of JSON.parse(text) as ([payload: string, processId: number] | null)[]) {
        if (event) this.#waiting.push({ channel: this.channel, payload: event[0], processId: event[1] });
        else this.#onGap?.();
      }
    }
    return { done: false, value: this.#waiting.shift()! };
  }

  async return(): Promise<IteratorResult<Notification, undefined>> {
    await this.close();
    return { done: true, value: undefined };
  }

  /** Stops to listen. Idempotent. */
  close(): Promise<void> {
    return (this.#closed ??= call(Operation.unlisten, String(this.#handle)).then(() => undefined));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
