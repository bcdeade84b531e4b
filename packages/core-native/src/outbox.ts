import { Outgoing, OUTBOX_INTS } from "./frame.ts";
import { log } from "./log.ts";
import type { Native } from "./native.ts";
import { encodeWireError, toWireError } from "./wire-error.ts";

/** Text after which a turn's answers are handed over at once rather than at its end. */
const FLUSH_AT_UNITS = 1 << 18;

/**
 * The sending side of the crossing: what settles in one turn is handed over in one native call at its end.
 *
 * Segments are ended by a line feed, which JSON text never contains raw.
 */
export class Outbox {
  readonly #native: Native;
  readonly #isolate: number;
  readonly #flush = (): void => this.flush();
  #ints = new Int32Array(256 * OUTBOX_INTS);
  #count = 0;
  #text = "";
  #scheduled = false;
  #failed = false;
  readonly #callLost: (id: number) => void;

  /** `callLost` hears of each call that the runtime did not take; whoever waits for an answer gets an error. */
  constructor(native: Native, isolate: number, callLost: (id: number) => void = () => undefined) {
    this.#native = native;
    this.#isolate = isolate;
    this.#callLost = callLost;
  }

  /** Answers `id` with a JSON body. */
  reply(id: number, status: number, body: string): void {
    this.#push(Outgoing.Reply, id, status, body + "\n");
  }

  /** Answers `id` with a JSON body and headers, JSON `[["name","value"],…]`. */
  replyWithHeaders(id: number, status: number, headers: string, body: string): void {
    this.#push(Outgoing.ReplyWithHeaders, id, status, headers + "\n" + body + "\n");
  }

  /** Answers `id` with bytes. */
  replyWithBytes(id: number, status: number, headers: string, bytes: Uint8Array): void {
    const blob = this.#native.putBlob(this.#isolate, bytes);
    this.#push(Outgoing.ReplyWithBlob, id, status, headers + "\n" + blob + "\n");
  }

  /** Answers `id` with an error body. */
  fail(id: number, status: number, body: string): void {
    this.#push(Outgoing.Fail, id, status, body + "\n");
  }

  /** Begins to answer `id` piece by piece. */
  begin(id: number, status: number): void {
    this.#push(Outgoing.Begin, id, status, "\n");
  }

  /** Adds one piece, JSON, to what was begun. */
  piece(id: number, text: string): void {
    this.#push(Outgoing.Piece, id, 0, text + "\n");
  }

  /** Ends what was begun; unless it is `whole`, whoever receives it is told that more was to come. */
  end(id: number, whole: boolean): void {
    this.#push(Outgoing.End, id, whole ? 0 : 1, "");
  }

  /** Calls an operation of a component; its result arrives as an item with the same id. */
  call(id: number, component: number, operation: number, payload: string): void {
    this.#push(Outgoing.Call, id, component | (operation << 16), payload + "\n");
  }

  /** Hands over what has gathered. Runs by itself at the end of the turn. */
  flush(): void {
    this.#scheduled = false;
    const count = this.#count;
    if (count === 0) return;
    const text = this.#text;
    this.#count = 0;
    this.#text = "";
    try {
      this.#native.settle(this.#isolate, this.#ints, count, text);
      this.#failed = false;
    } catch (error) {
      this.#lost(error, this.#ints.slice(0, count * OUTBOX_INTS));
    }
  }

  /** A batch was not taken. Thrown on, this would end the process; unanswered, its callers would wait for their limit. */
  #lost(error: unknown, entries: Int32Array): void {
    // What cannot be handed over twice in a row is given up: the port is closed, and Rust has answered for it.
    const retry = !this.#failed;
    this.#failed = true;
    log.error(error, "the native runtime did not take what has settled", { retry });
    const wire = toWireError(error);
    for (let at = 0; at < entries.length; at += OUTBOX_INTS) {
      const [head, id] = [entries[at]!, entries[at + 1]!];
      if (head === Outgoing.Call) this.#callLost(id);
      else if (!retry || head === Outgoing.Piece) continue;
      // A stream that lost any of its pieces is broken off.
      else if (head === Outgoing.Begin || head === Outgoing.End) this.end(id, false);
      else this.fail(id, wire.status, encodeWireError(wire));
    }
  }

  #push(head: number, id: number, aux: number, text: string): void {
    let at = this.#count * OUTBOX_INTS;
    if (at === this.#ints.length) {
      const grown = new Int32Array(at * 2);
      grown.set(this.#ints);
      this.#ints = grown;
    }
    this.#ints[at++] = head;
    this.#ints[at++] = id;
    this.#ints[at] = aux;
    this.#count++;
    this.#text += text;
    if (this.#scheduled) {
      if (this.#text.length > FLUSH_AT_UNITS) this.flush();
      return;
    }
    this.#scheduled = true;
    // Next-tick callbacks run when the microtask queue is empty: all that settles in this turn has settled by then.
    process.nextTick(this.#flush);
  }
}
