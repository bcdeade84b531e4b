import { Caller, callers, NOBODY } from "./caller.ts";
import { Outgoing, OUTBOX_INTS } from "./frame.ts";
import { log } from "../log/log.ts";
import type { Native } from "./native.ts";
import { encodeWireError, toWireError } from "../errors/wire-error.ts";

/** The code units of gathered text after which answers are handed over before the end of the turn. */
const FLUSH_AT_UNITS = 1 << 18;

/** Entries whose loss is told by the end of their stream, or by nothing. */
const NO_ANSWER: ReadonlySet<number> = new Set([
  Outgoing.Piece,
  Outgoing.PieceBlob,
  Outgoing.Pull,
  Outgoing.Caller,
  Outgoing.CallerSpan,
  Outgoing.Release,
]);

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
  /** Who makes the calls that follow, as the entries gathered so far say it. */
  #caller: Caller = NOBODY;
  #scheduled = false;
  #failed = false;
  readonly #callLost: (id: number) => void;

  /** `callLost` is called with the id of each call that the runtime did not take; callers who wait get an error. */
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

  /** Answers `id` with a JSON body in which marks stand for unopened results, and headers, JSON or empty. */
  replyWithSplices(id: number, status: number, headers: string, body: string): void {
    this.#push(Outgoing.ReplyWithSplices, id, status, headers + "\n" + body + "\n");
  }

  /** Drops the unopened result `number`, after the answers that were given before. */
  release(number: number): void {
    this.#push(Outgoing.Release, number, 0, "");
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

  /** Answers `id` with an error body and headers, JSON `[["name","value"],…]`. */
  failWithHeaders(id: number, status: number, headers: string, body: string): void {
    this.#push(Outgoing.FailWithHeaders, id, status, headers + "\n" + body + "\n");
  }

  /** Begins a streamed answer to `id`, with headers as JSON `[["name","value"],…]`. */
  begin(id: number, status: number, headers = ""): void {
    this.#push(Outgoing.Begin, id, status, headers + "\n");
  }

  /** Adds one piece, JSON text, to the streamed answer of `id`. */
  piece(id: number, text: string): void {
    this.#push(Outgoing.Piece, id, 0, text + "\n");
  }

  /** Adds one piece of bytes to the streamed answer of `id`. The bytes are copied before this returns. */
  pieceBlob(id: number, bytes: Uint8Array): void {
    this.#push(Outgoing.PieceBlob, id, this.#native.putBlob(this.#isolate, bytes), "");
  }

  /** Adds text without line feeds that is no content of the streamed answer of `id`, such as its trailers. */
  control(id: number, text: string): void {
    this.#push(Outgoing.Piece, id, 1, text + "\n");
  }

  /** Takes `count` more pieces of the input of `id`. */
  pull(id: number, count: number): void {
    this.#push(Outgoing.Pull, id, count, "");
  }

  /** Ends the streamed answer of `id`. Unless it is `whole`, the receiver learns that it is incomplete. */
  end(id: number, whole: boolean): void {
    this.#push(Outgoing.End, id, whole ? 0 : 1, "");
  }

  /**
   * Calls an operation of a component; its result arrives as an item with the same id. The runtime is told which operation of the app
   * makes the call.
   */
  call(id: number, component: number, operation: number, payload: string): void {
    const caller = callers.getStore() ?? NOBODY;
    if (caller !== this.#caller) this.#name(caller);
    this.#push(Outgoing.Call, id, component | (operation << 16), payload + "\n");
  }

  /** Hands all gathered entries to Rust. Called automatically at the end of the turn. */
  flush(): void {
    this.#scheduled = false;
    const count = this.#count;
    if (count === 0) return;
    const text = this.#text;
    this.#count = 0;
    this.#text = "";
    this.#caller = NOBODY;
    try {
      this.#native.settle(this.#isolate, this.#ints, count, text);
      this.#failed = false;
    } catch (error) {
      this.#lost(error, this.#ints.slice(0, count * OUTBOX_INTS));
    }
  }

  /**
   * Handles a batch that the runtime did not take. Rethrowing would end the process; ignoring would let callers time
   * out.
   */
  #lost(error: unknown, entries: Int32Array): void {
    // What cannot be handed over twice in a row is given up: the port is closed, and Rust has answered for it.
    const retry = !this.#failed;
    this.#failed = true;
    log.error(error, "failed to hand answers to the native runtime", { retry });
    const wire = toWireError(error);
    for (let at = 0; at < entries.length; at += OUTBOX_INTS) {
      const [head, id] = [entries[at]!, entries[at + 1]!];
      if (head === Outgoing.Call) this.#callLost(id);
      else if (!retry || NO_ANSWER.has(head)) continue;
      // A stream that lost any of its pieces is broken off.
      else if (head === Outgoing.Begin || head === Outgoing.End) this.end(id, false);
      else this.fail(id, wire.status, encodeWireError(wire));
    }
  }

  /** Says who makes the calls that follow. Handed over with the call, whatever its size: the next batch begins with nobody. */
  #name(caller: Caller): void {
    this.#caller = caller;
    const [job, span] = [Caller.job(caller), Caller.span(caller)];
    if (span === undefined) this.#write(Outgoing.Caller, job, 0, "");
    else this.#write(Outgoing.CallerSpan, job, 0, span + "\n");
  }

  #push(head: number, id: number, aux: number, text: string): void {
    this.#write(head, id, aux, text);
    if (this.#scheduled) {
      if (this.#text.length > FLUSH_AT_UNITS) this.flush();
      return;
    }
    this.#scheduled = true;
    // Next-tick callbacks run when the microtask queue is empty: all that settles in this turn has settled by then.
    process.nextTick(this.#flush);
  }

  #write(head: number, id: number, aux: number, text: string): void {
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
  }
}
