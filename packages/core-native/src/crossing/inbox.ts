import { Flag, INBOX_HEAD, InboxBit, ITEM_INTS, Kind } from "./frame.ts";
import { log } from "../log/log.ts";
import { FrameRoom } from "./frame-room.ts";
import type { Native } from "./native.ts";
import type { Frame } from "@twinloop/schema";

/**
 * Acts on one item; `text` is its whole text, `tagged` says that dates, bigints and bytes are marked in it. Where the item has a
 * `frame` in place of its text, that must be read before the handler returns.
 */
export type ItemHandler = (
  id: number,
  target: number,
  aux: number,
  text: string,
  tagged: boolean,
  frame?: Frame,
) => void;

/** The most items of a batch while handlers are quick, and while they are slow. */
const QUICK_LIMIT = 256;
const SLOW_LIMIT = 16;
const SLOW_BATCH_MS = 0.25;

/**
 * The receiving side of the crossing: one native call per batch, then one handler call per item.
 *
 * A batch whose handlers took long makes the next one small, so that the first answers leave while later ones are still
 * being worked out, and so that timers get their turn in between.
 */
export class Inbox {
  readonly #native: Native;
  readonly #isolate: number;
  readonly #handlers: (ItemHandler | undefined)[] = [];
  /** The handlers of jobs; the index is the component's number. */
  readonly #jobHandlers: (ItemHandler | undefined)[] = [];
  readonly #ints = new Int32Array(INBOX_HEAD + QUICK_LIMIT * ITEM_INTS);
  /** Where other threads read which item runs: its offset in `#ints`, 0 between batches. */
  readonly #marker: Int32Array;
  readonly #room = new FrameRoom();
  #limit = QUICK_LIMIT;
  /** The number of texts of this batch that crossed by themselves and have been passed. */
  #own = 0;

  /** `marker` is an array of one integer, in which the runtime looks for the handler that blocks the event loop. */
  constructor(native: Native, isolate: number, marker: Int32Array = new Int32Array(1)) {
    this.#native = native;
    this.#isolate = isolate;
    this.#marker = marker;
  }

  /** Sets the handler of items of this kind. */
  on(kind: number, handler: ItemHandler): void {
    this.#handlers[kind] = handler;
  }

  /** Sets the handler of a component's jobs. */
  onJob(component: number, handler: ItemHandler): void {
    this.#jobHandlers[component] = handler;
  }

  /** Takes one batch and runs it; true when more is waiting. */
  drain(): boolean {
    const narrow = this.#native.drain(this.#isolate, this.#ints, this.#limit);
    const count = this.#ints[0]!;
    const bits = this.#ints[1]!;
    if (count > 0) {
      const wide = bits & InboxBit.HasWide ? this.#native.drainWide(this.#isolate) : "";
      const started = performance.now();
      this.#run(count, narrow, wide);
      this.#limit = performance.now() - started > SLOW_BATCH_MS ? SLOW_LIMIT : QUICK_LIMIT;
    }
    return (bits & InboxBit.More) !== 0;
  }

  #run(count: number, narrow: string, wide: string): void {
    const ints = this.#ints;
    const marker = this.#marker;
    this.#own = 0;
    let narrowFrom = 0;
    let wideFrom = 0;
    for (let at = INBOX_HEAD, last = INBOX_HEAD + count * ITEM_INTS; at < last; at += ITEM_INTS) {
      const head = ints[at]!;
      const end = ints[at + 3]!;
      const flags = (head >> 8) & 0xff;
      if (flags & Flag.Own) {
        this.#runOwn(at, flags);
        continue;
      }
      let text: string;
      if (flags & Flag.Wide) {
        text = wide.slice(wideFrom, end);
        wideFrom = end;
      } else {
        text = end === narrowFrom ? "" : narrow.slice(narrowFrom, end);
        narrowFrom = end;
      }
      const kind = head & 0xff;
      const aux = ints[at + 2]!;
      const handler = kind === Kind.Job ? this.#jobHandlers[aux] : this.#handlers[kind];
      marker[0] = at;
      try {
        handler?.(ints[at + 1]!, head >>> 16, aux, text, (flags & Flag.Tagged) !== 0);
      } catch (error) {
        // The rest of the batch, and the wake for what waits behind it, must not go down with one item.
        log.error(error, "failed to act on an item from the native runtime", { kind });
      }
    }
    marker[0] = 0;
  }

  /** Runs the item at `at`, whose text or frame is in no string of the batch. */
  #runOwn(at: number, flags: number): void {
    const ints = this.#ints;
    const [head, id, aux, length] = [ints[at]!, ints[at + 1]!, ints[at + 2]!, ints[at + 3]!];
    const kind = head & 0xff;
    const handler = kind === Kind.Job ? this.#jobHandlers[aux] : this.#handlers[kind];
    const index = this.#own++;
    this.#marker[0] = at;
    try {
      if (flags & Flag.Framed) {
        const frame = this.#room.of(length);
        this.#native.drainFrame(this.#isolate, index, frame.bytes);
        handler?.(id, head >>> 16, aux, "", false, frame);
      } else {
        const text = this.#native.drainOwn(this.#isolate, index);
        handler?.(id, head >>> 16, aux, text, (flags & Flag.Tagged) !== 0);
      }
    } catch (error) {
      log.error(error, "failed to act on an item from the native runtime", { kind });
    }
  }
}
