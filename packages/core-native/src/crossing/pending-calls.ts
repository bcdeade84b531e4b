/** Takes the result of a call, or with `failed` the error as JSON. Must not throw. */
export type Settle = (text: string, failed: boolean) => void;

const SLOT_BITS = 22;
const SLOT_MASK = (1 << SLOT_BITS) - 1;

/**
 * The calls that wait for their answers, by slot.
 *
 * No `Map`: one whose entries come and go is laid out anew every few dozen of them, and V8 links each layout to the next. Once one
 * of them has become old, all that follow are kept, with the answers in them, until the next full collection.
 */
export class PendingCalls {
  readonly #settles: (Settle | undefined)[] = [];
  /** The id of the last call in each slot: a late answer must not reach the next. */
  readonly #ids: number[] = [];
  readonly #free: number[] = [];

  /** Enters a call and gives its id, an `i32`. Errors: `RangeError` beyond four million calls. */
  add(settle: Settle): number {
    const slot = this.#free.pop() ?? this.#settles.length;
    if (slot > SLOT_MASK) throw new RangeError(`more than ${SLOT_MASK} calls wait for the native runtime`);
    const last = this.#ids[slot] ?? slot;
    const id = (last + SLOT_MASK + 1) | 0;
    this.#ids[slot] = id;
    this.#settles[slot] = settle;
    return id;
  }

  /** Takes out the call with this id; `undefined` when there is none. */
  take(id: number): Settle | undefined {
    const slot = id & SLOT_MASK;
    const settle = this.#settles[slot];
    if (settle === undefined || this.#ids[slot] !== id) return undefined;
    this.#settles[slot] = undefined;
    this.#free.push(slot);
    return settle;
  }
}
