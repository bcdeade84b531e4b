import { Outgoing, OUTBOX_INTS } from "./frame.ts";
import type { Native } from "./native.ts";

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

  constructor(native: Native, isolate: number) {
    this.#native = native;
    this.#isolate = isolate;
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

  /** Calls an operation of a component; its result arrives as an item with the same id. */
  call(id: number, component: number, operation: number, payload: string): void {
    this.#push(Outgoing.Call, id, component | (operation << 16), payload + "\n");
  }

  /** Gives a call up. */
  cancel(id: number): void {
    this.#push(Outgoing.Cancel, id, 0, "");
  }

  /** Hands over what has gathered. Runs by itself at the end of the turn. */
  flush(): void {
    this.#scheduled = false;
    const count = this.#count;
    if (count === 0) return;
    const text = this.#text;
    this.#count = 0;
    this.#text = "";
    this.#native.settle(this.#isolate, this.#ints, count, text);
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
