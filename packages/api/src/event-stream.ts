/**
 * Answers with server-sent events: what a handler yields becomes the pieces of one streamed answer.
 *
 * A stream is `opened` (the handler was called), `begun` (the status has crossed to Rust: at the first event, or after 250 ms
 * of silence), and `ended`, by the generator's return, its failure, or the abort of the request's signal. Until it has begun,
 * a failure is an ordinary HTTP answer; afterwards the connection is broken off, so that the client connects again. Rust
 * writes the events' text form and the comments of silence; JavaScript hands over JSON. A `SendWindow` holds the generator
 * back while the client does not read.
 */
import type { Port, Serialize } from "@twinloop/core-native/internal";
import { HandlerResponse } from "@twinloop/core-native";
import { Context } from "./context.ts";
import { eventsWithin } from "./events-within.ts";
import { SendWindow } from "./stream/send-window.ts";
import { mergedHeaders } from "./through-middleware.ts";

/**
 * One event as a handler yields it.
 *
 * Errors: a field that the format cannot carry (a line break in `event` or `id`, a `retry` that is no whole number) fails the
 *         stream with a `TypeError`: 500 where it is the first event.
 * Source: WHATWG HTML, section 9.2.6 "Interpreting an event stream".
 */
export interface ServerSentEvent<Data = unknown> {
  /** The event's value, sent as JSON: the client reads `JSON.parse(event.data)`. */
  readonly data: Data;
  /** The event's type, which selects the client's listener. Default `message`. No line breaks, no NUL. */
  readonly event?: string | undefined;
  /** The event's id, which the client sends as `Last-Event-ID` when it reconnects. No line breaks, no NUL. */
  readonly id?: string | number | undefined;
  /** The client's delay before it reconnects: whole milliseconds from 0. */
  readonly retry?: number | undefined;
}

/** The context that the handler of an event stream is given, beside the typed input. */
export class EventContext extends Context {
  /** The id of the last event that a reconnecting client has received; `undefined` at its first connection. */
  get lastEventId(): string | undefined {
    return this.header("last-event-id");
  }
}

/**
 * The delay after which a stream begins even if its handler has not used it: the status 200 is sent, or the connection
 * upgraded. A handler that throws earlier sets the status.
 */
export const BEGIN_AFTER_MS = 250;

/** The request and the handler of one event stream. */
export interface EventSource {
  /** The id of the request that the stream answers. */
  readonly id: number;
  readonly signal: AbortSignal;
  /** Calls the handler, and returns its events, or the response of middleware that holds them. */
  readonly open: () => unknown;
  readonly serialize: Serialize;
}

/** The event streams of one isolate. */
export class EventStreams {
  readonly #port: Port;

  constructor(port: Port) {
    this.#port = port;
  }

  /**
   * Sends what the handler yields, as fast as the client takes it, until either side ends it.
   *
   * Errors: rejects with what the handler throws; `hasBegun` says whether the client can still be told.
   */
  async send({ id, signal, open, serialize }: EventSource): Promise<void> {
    const { outbox, flows } = this.#port;
    const window = new SendWindow();
    let begun = false;
    let head = { status: 200, headers: "" };
    const begin = (): void => {
      if (begun || signal.aborted) return;
      begun = true;
      flows.open(id, { credit: (count) => window.left(count) });
      outbox.begin(id, head.status, head.headers);
    };
    const late = setTimeout(begin, BEGIN_AFTER_MS);
    try {
      const opened = await open();
      head = headOf(opened);
      signal.addEventListener("abort", () => window.open(), { once: true });
      for await (const event of eventsWithin(eventsOf(opened), signal)) {
        // Serialized before the stream begins, so that a first event that does not fit is answered with 500.
        const text = serialize(checked(event));
        begin();
        outbox.piece(id, text);
        await window.add(text.length);
      }
      if (signal.aborted) return;
      begin();
      outbox.end(id, true);
    } catch (error) {
      // A handler that ends because its signal has aborted did as it was told.
      if (!signal.aborted) throw new StreamFailure(error, begun);
    } finally {
      clearTimeout(late);
      flows.close(id);
    }
  }
}

/** The status and headers of a stream: those that middleware has set, else 200 and none. */
function headOf(opened: unknown): { status: number; headers: string } {
  if (!(opened instanceof HandlerResponse)) return { status: 200, headers: "" };
  const header = HandlerResponse.headerOf(opened);
  return {
    status: opened.status ?? 200,
    headers: header === undefined ? "" : mergedHeaders(header, ""),
  };
}

/** The events that a handler has opened, which middleware may have put into a response. */
export function eventsOf(opened: unknown): AsyncIterable<unknown> {
  return (opened instanceof HandlerResponse ? opened.payload : opened) as AsyncIterable<unknown>;
}

/** The failure of an event stream's handler; `hasBegun` tells whether the status had been sent. */
export class StreamFailure extends Error {
  override readonly cause: unknown;
  readonly hasBegun: boolean;

  constructor(cause: unknown, hasBegun: boolean) {
    super("the handler of an event stream failed");
    this.cause = cause;
    this.hasBegun = hasBegun;
  }
}

/** Returns the yielded event; throws a `TypeError` for a field that the event stream format cannot carry. */
function checked(event: unknown): unknown {
  const { event: name, id, retry } = (event ?? {}) as Readonly<Record<string, unknown>>;
  checkText("event", name, ["string"]);
  checkText("id", id, ["string", "number", "bigint"]);
  if (retry !== undefined && retry !== null && !(Number.isSafeInteger(retry) && Number(retry) >= 0))
    throw new TypeError(`the retry of an event must be whole milliseconds from 0, found ${shown(retry)}`);
  return event;
}

/**
 * Checks one field of an event that the format carries as a line: text that would end the line is refused, not escaped, since
 * the format has no escapes.
 */
function checkText(field: string, value: unknown, types: readonly string[]): void {
  if (value === undefined || value === null) return;
  if (!types.includes(typeof value) || (typeof value === "number" && !Number.isFinite(value)))
    throw new TypeError(`the ${field} of an event must be ${types.join(" or ")}, found ${shown(value)}`);
  // oxlint-disable-next-line no-control-regex -- the format gives NUL in an id a meaning
  if (typeof value === "string" && /[\r\n\0]/.test(value))
    throw new TypeError(`the ${field} of an event has a line break or NUL, which would end it`);
}

/** Formats a value for a message: numbers as they are, of anything else the type, because a value may be a secret. */
function shown(value: unknown): string {
  return typeof value === "number" ? String(value) : typeof value;
}
