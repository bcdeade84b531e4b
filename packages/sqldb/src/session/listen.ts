import { SQLError } from "../error.ts";
import { call, Operation } from "../native.ts";
import { queryOptions, throwIfAborted, type QueryOptions } from "../statement/query-options.ts";
import type { Place } from "../statement/place.ts";
import { toText } from "../argument/text.ts";
import { kindOf, unreadable } from "../argument/unreadable.ts";

/** Options of `listen`. */
export interface ListenOptions {
  /** Ends the subscription. */
  readonly signal?: AbortSignal;
  /** Called when notifications may have been missed: the connection was lost and is back, or the reader was too slow. */
  readonly onGap?: () => void;
}

/** The longest channel name in bytes; PostgreSQL truncates longer ones, which would then name another channel. */
const MOST_NAME_BYTES = 63;

function channelName(channel: unknown): string {
  const name = toText("the name of a channel", channel);
  const bytes = Buffer.byteLength(name);
  if (bytes > 0 && bytes <= MOST_NAME_BYTES) return name;
  const message = `the name of a channel has 1 to ${MOST_NAME_BYTES} bytes in UTF-8, not ${bytes}`;
  throw new SQLError("invalid_parameter", message);
}

/** One notification. */
export interface Notification {
  /** The channel's name. */
  readonly channel: string;
  /** The text that `NOTIFY` was given, at most 8 000 bytes; empty without any. */
  readonly payload: string;
  /** The process id of the backend that sent the notification. */
  readonly processId: number;
}

/**
 * The notifications of one channel, in order. Ends with `close()`, the signal, or the loop that reads it.
 *
 * A lost connection is reopened; notifications sent in between are lost, and `onGap` is called.
 */
export class Subscription implements AsyncIterableIterator<Notification>, AsyncDisposable {
  /** The channel's name, as `listen` was given it. */
  readonly channel: string;
  readonly #handle: number;
  readonly #onGap: (() => void) | undefined;
  #waiting: Notification[] = [];
  #closed: Promise<void> | undefined;

  private constructor(channel: string, handle: number, onGap: (() => void) | undefined) {
    this.channel = channel;
    this.#handle = handle;
    this.#onGap = onGap;
  }

  async #endWith(signal: AbortSignal | undefined): Promise<void> {
    try {
      signal?.addEventListener("abort", () => void this.close(), { once: true });
      // The signal was aborted while the server was asked.
      if (signal?.aborted) await this.close();
    } catch (error) {
      await this.close();
      throw unreadable("the signal of a subscription", error);
    }
  }

  /** Resolves when the server has confirmed `LISTEN`: notifications sent from then on arrive. */
  static async open(place: Place, channel: string, given: ListenOptions = {}): Promise<Subscription> {
    const { signal, onGap } = queryOptions(given as ListenOptions & QueryOptions, ["onGap"]);
    throwIfAborted(signal);
    if (onGap !== undefined && typeof onGap !== "function") {
      throw new SQLError("invalid_parameter", `onGap is a function, not ${kindOf(onGap)}`);
    }
    const name = channelName(channel);
    const pool = place.pool ?? (await place.open());
    const handle = Number(await call(Operation.listen, JSON.stringify([pool, name])));
    const subscription = new Subscription(name, handle, onGap);
    await subscription.#endWith(signal);
    return subscription;
  }

  /** Resolves with the next notification, or with `done` once the subscription is closed. */
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

  /** Closes the subscription when a `for await` loop is left early. */
  async return(): Promise<IteratorResult<Notification, undefined>> {
    await this.close();
    return { done: true, value: undefined };
  }

  /** Stops listening. Idempotent. */
  close(): Promise<void> {
    return (this.#closed ??= call(Operation.unlisten, String(this.#handle)).then(() => undefined));
  }

  /** The subscription as its own iterator, for `for await`. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Closes the subscription at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
