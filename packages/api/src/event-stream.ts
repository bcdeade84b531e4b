import { Kind, type Port, type Serialize } from "@twinloop/core-native/internal";
import { Context } from "./context.ts";

/** One event as a handler yields it. */
export interface ServerSentEvent<Data = unknown> {
  /** What it says. It is sent as JSON, so that the client reads `JSON.parse(event.data)`. */
  readonly data: Data;
  /** Which listener hears it; without one, `message`. No line breaks. */
  readonly event?: string | undefined;
  /** What the client sends as `Last-Event-ID` when it connects again. No line breaks. */
  readonly id?: string | number | undefined;
  /** How many milliseconds the client waits before it connects again. */
  readonly retry?: number | undefined;
}

/** What the handler of an event stream is told beside the typed input. */
export class EventContext extends Context {
  /** The id of the last event that the client has seen, when it connects again. */
  get lastEventId(): string | undefined {
    return this.header("last-event-id");
  }
}

/** How long the handler may look around before the client is told that there is a stream: until then it can refuse. */
const BEGIN_AFTER_MS = 250;

/** What may be on its way to one client: so many events, and so many code units unless a single event has more. */
const MAX_PIECES = 64;
const MAX_UNITS = 64 << 10;

/** What one stream has under way, and who waits for room in it. */
export class CreditWindow {
  readonly #sizes: number[] = [];
  #units = 0;
  #resume: (() => void) | undefined;

  /** Notes an event that was sent. */
  add(units: number): void {
    this.#sizes.push(units);
    this.#units += units;
  }

  /** Resolves when another event may be sent. */
  async room(): Promise<void> {
    if (this.#isFull()) await new Promise<void>((resolve) => (this.#resume = resolve));
  }

  /** So many events have left. */
  left(count: number): void {
    for (const units of this.#sizes.splice(0, count)) this.#units -= units;
    if (!this.#isFull()) this.open();
  }

  /** Lets whoever waits go on, room or not. */
  open(): void {
    this.#resume?.();
    this.#resume = undefined;
  }

  #isFull(): boolean {
    return this.#sizes.length >= MAX_PIECES || this.#units >= MAX_UNITS;
  }
}

/** What a stream is made from. */
export interface EventSource {
  /** The id of the request. */
  readonly id: number;
  readonly signal: AbortSignal;
  /** Runs the handler. */
  readonly open: () => AsyncIterable<unknown> | PromiseLike<AsyncIterable<unknown>>;
  readonly serialize: Serialize;
}

/** The event streams of one isolate. */
export class EventStreams {
  readonly #port: Port;
  readonly #windows = new Map<number, CreditWindow>();

  constructor(port: Port) {
    this.#port = port;
    port.on(Kind.Credit, (id, _target, count) => this.#windows.get(id)?.left(count));
  }

  /**
   * Sends what the handler yields, as fast as the client takes it, until either side ends it.
   *
   * Errors: rejects with what the handler throws; `hasBegun` says whether the client can still be told.
   */
  async send({ id, signal, open, serialize }: EventSource): Promise<void> {
    const { outbox } = this.#port;
    const window = new CreditWindow();
    let begun = false;
    const begin = (): void => {
      if (begun || signal.aborted) return;
      begun = true;
      this.#windows.set(id, window);
      outbox.begin(id, 200);
    };
    const late = setTimeout(begin, BEGIN_AFTER_MS);
    try {
      const events = (await open())[Symbol.asyncIterator]();
      const leave = (): void => {
        window.open();
        // Runs the handler's `finally` blocks. What they throw has nobody left to hear it.
        Promise.resolve(events.return?.()).catch(() => undefined);
      };
      signal.addEventListener("abort", leave, { once: true });
      if (signal.aborted) leave();
      while (!signal.aborted) {
        const { done, value } = await events.next();
        if (signal.aborted) break;
        begin();
        if (done) return outbox.end(id, true);
        const text = serialize(checked(value));
        outbox.piece(id, text);
        window.add(text.length);
        await window.room();
      }
    } catch (error) {
      // A handler that ends because its signal has aborted did as it was told.
      if (!signal.aborted) throw new StreamFailure(error, begun);
    } finally {
      clearTimeout(late);
      this.#windows.delete(id);
    }
  }
}

/** What a handler threw, and whether its stream had begun by then. */
export class StreamFailure extends Error {
  override readonly cause: unknown;
  readonly hasBegun: boolean;

  constructor(cause: unknown, hasBegun: boolean) {
    super("the handler of an event stream failed");
    this.cause = cause;
    this.hasBegun = hasBegun;
  }
}

function checked(event: unknown): unknown {
  const { event: name, id } = (event ?? {}) as { event?: unknown; id?: unknown };
  for (const [field, value] of Object.entries({ event: name, id })) {
    // oxlint-disable-next-line no-control-regex -- the format gives NUL in an id a meaning
    if (typeof value === "string" && /[\r\n\0]/.test(value))
      throw new TypeError(`the ${field} of an event has a line break, which would end it`);
  }
  return event;
}
